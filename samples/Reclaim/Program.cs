// SPDX-License-Identifier: MIT

using System.Runtime.InteropServices;
using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Cli;
using FenceKit.Samples.Reclaim.Reporting;
using FenceKit.Samples.Reclaim.Scenes;

return CommandLine.Run(args, Run);

static int Run(RunOptions options)
{
    using var cancellation = new CancellationTokenSource();
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    try
    {
        string? required = Environment.GetEnvironmentVariable(Requirements.Variable);
        BackendChoice choice = BackendChoice.Make(options.Backend, required, Requirements.Parts);
        IDisplay display = TerminalDisplay.IsPossible ? new TerminalDisplay() : new PlainDisplay(Console.Out);
        display.Announce(choice);
        using LastResort _ = LastResort.After(options.Duration);
        var show = new Show(choice.Backend, options.Duration, options.WithHang, cancellation.Token);
        ShowResult result = display.Watch(Show.Scenes, show.Run);
        display.Summarize(result);
        if (options.Json is not null)
        {
            File.WriteAllText(options.Json.FullName, result.ToReport().ToJson() + Environment.NewLine);
        }

        string[] failures = [.. result.Failures()];
        Array.ForEach(failures, static failure => Console.Error.WriteLine($"reclaim: {failure}"));
        return failures.Length == 0 ? ExitCode.Good : ExitCode.Bad;
    }
    catch (RequirementException missing)
    {
        Console.Error.WriteLine($"reclaim: {missing.Message}");
        return ExitCode.Missing;
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("reclaim: interrupted");
        return ExitCode.Bad;
    }
    catch (Exception failure) when (failure is IOException or TimeoutException or UnauthorizedAccessException or InvalidOperationException)
    {
        Console.Error.WriteLine($"reclaim: {failure.Message}");
        return ExitCode.Bad;
    }

    void End(PosixSignalContext signal)
    {
        signal.Cancel = true; // the scenes end in order and delete their file
        cancellation.Cancel();
    }
}
