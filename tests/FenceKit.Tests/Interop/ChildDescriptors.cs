// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit;
using Microsoft.Win32.SafeHandles;

/// <summary>A child that may open only a few descriptors more than it has, and says what each member that needs some throws then.</summary>
internal static class ChildDescriptors
{
    private const int NumberOfFiles = 7; // RLIMIT_NOFILE
    private const int MostSpare = 6;

    private static readonly List<string> s_lines = [];

    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>Nothing of FenceKit was used before, so whatever it has to load is loaded under the limit.</summary>
    internal static void Run()
    {
        Console.WriteLine("begin"); // the console itself needs descriptors
        using FencePool pool = new("bridge", 100);
        for (int spare = 0; spare <= MostSpare; spare++)
        {
            LeaveSpare(spare);
            Try($"{spare} create", static () => SharedFenceTimeline.Create("mine").Dispose());
            Try($"{spare} export", static () => LinuxFences.ExportEvent(new FenceTimeline("x").Issue()).Dispose());
            Try($"{spare} process", static () => LinuxFences.OpenProcess(Environment.ProcessId).Dispose());
            Try($"{spare} import", () =>
            {
                pool.TryRent(out FenceSource source);
                LinuxFences.ImportReadable(new SafeFileHandle(0, ownsHandle: false), source).Dispose();
            });
        }

        LeaveSpare(100);
        using SharedFenceTimeline producer = SharedFenceTimeline.Create("mine");
        for (int spare = 0; spare <= MostSpare; spare++)
        {
            LeaveSpare(spare);
            Try($"{spare} open", () => SharedFenceTimeline.Open("theirs", Environment.ProcessId, producer.Descriptor).Dispose());
        }

        LeaveSpare(100);
        s_lines.ForEach(Console.WriteLine);
        Console.WriteLine("end");
    }

    private static void Try(string what, Action action)
    {
        try
        {
            action();
            s_lines.Add($"{what} ok");
        }
        catch (Exception exception)
        {
            s_lines.Add($"{what} {exception.GetType().FullName}: {exception.Message}");
        }
    }

    /// <summary>The limit counts numbers, not descriptors: the lowest number that is free, and as many more.</summary>
    private static void LeaveSpare(int spare)
    {
        int free = Duplicate(0);
        _ = Close(free);
        Limits limits = new() { Soft = (ulong)(free + spare), Hard = 4096 };
        _ = SetLimit(NumberOfFiles, ref limits);
    }

    [DllImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, ref Limits limits);

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
