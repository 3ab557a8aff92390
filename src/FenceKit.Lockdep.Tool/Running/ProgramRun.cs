// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>Runs a process of the program with the validator.</summary>
/// <param name="settings">The settings of the run.</param>
/// <param name="findings">The folder for the reports of its processes.</param>
internal sealed class ProgramRun(RunSettings settings, string findings)
{
    /// <summary>Starts the program, waits for its end and returns its exit code.</summary>
    /// <param name="host">The runtime's host.</param>
    /// <param name="arguments">The arguments of the host.</param>
    /// <param name="environment">Further environment variables.</param>
    /// <exception cref="ToolException">The program cannot be started.</exception>
    public int Run(string host, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(host, arguments) { UseShellExecute = false };
        Prepare(start.Environment);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Started(start);

        // The terminal sends its signal to both processes; the program decides what it means, and the tool waits for the program.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        using PosixSignalRegistration quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static context => context.Cancel = true);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => PassOn(context, process));
        process.WaitForExit();
        return process.ExitCode;
    }

    private void Prepare(IDictionary<string, string?> environment)
    {
        string hooks = environment.TryGetValue("DOTNET_STARTUP_HOOKS", out string? others) && others is { Length: > 0 }
            ? $"{RuntimeAssembly.Path}{Path.PathSeparator}{others}"
            : RuntimeAssembly.Path;
        environment["DOTNET_STARTUP_HOOKS"] = hooks;
        environment["FENCEKIT_LOCKDEP_TOOL_OUTPUT"] = findings;
        environment["FENCEKIT_LOCKDEP_TOOL_HINTS"] = settings.GivesHints ? "1" : "0";
        environment["FENCEKIT_LOCKDEP_TOOL_HANG"] = settings.HangLimit is { } limit ? limit.TotalSeconds.ToString(CultureInfo.InvariantCulture) : "0";
    }

    private static Process Started(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new ToolException($"{start.FileName} cannot be started: {exception.Message}");
        }
    }

    private static void PassOn(PosixSignalContext context, Process process)
    {
        context.Cancel = true;
        try
        {
            using Process? kill = OperatingSystem.IsWindows() ? null : Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            if (kill is null)
            {
                process.Kill(entireProcessTree: true);
            }

            kill?.WaitForExit();
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // The process has already ended.
        }
    }
}
