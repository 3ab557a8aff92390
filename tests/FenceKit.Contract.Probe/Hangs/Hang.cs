// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Probe.Hangs;

/// <summary>
/// Three programs that hang in the kernel, and the three that do not. Each first does the harmless thing with the contract checked, says
/// what was reported, and only then the other one.
/// </summary>
internal static class Hang
{
    internal const string Now = "about to hang";

    internal static int Run(string what)
    {
        CollectingSink sink = new();
        LockValidator.Default = new LockValidator(new LockValidatorOptions { Sinks = [sink] });
        Action<Action> hang = what switch
        {
            "fault" => report => FaultHang.Run(isNative: false, report),
            "fault-native" => report => FaultHang.Run(isNative: true, report),
            "ring" => report => RingHang.Run(submitterDiscards: true, report),
            "ring-apart" => report => RingHang.Run(submitterDiscards: false, report),
            "shutdown" => report => ShutdownHang.Run(closesFirst: false, report),
            _ => report => ShutdownHang.Run(closesFirst: true, report),
        };
        hang(() =>
        {
            foreach (LockViolation report in sink.Violations)
            {
                Console.WriteLine($"reported: {report.Kind}: {string.Join(", ", report.ClassNames)}");
            }

            Console.WriteLine(Now);
        });
        Console.WriteLine("did not hang");
        return 0;
    }

    internal static Thread Start(string name, Action action)
    {
        Thread thread = new(() => action()) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }
}
