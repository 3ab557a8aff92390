// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>The tool as a process of its own, as people start it, with a cache of its own.</summary>
internal sealed class ToolProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    // The tool as it was built; or the one that the variable names, such as the native program of a package.
    private static readonly string s_tool = Environment.GetEnvironmentVariable("FENCEKIT_LOCKDEP_TESTED_TOOL") ?? Path.Combine(AppContext.BaseDirectory, "FenceKit.Lockdep.Tool.dll");

    public string Cache { get; } = Directory.CreateTempSubdirectory("lockdep-cache-").FullName;

    /// <summary>Runs the tool to its end; one that does not end is killed, and the test fails.</summary>
    public ToolRun Run(params string[] arguments) => Run(new Dictionary<string, string>(), arguments);

    /// <inheritdoc cref="Run(string[])"/>
    public ToolRun Run(IReadOnlyDictionary<string, string> environment, params string[] arguments) => EndOf(Start(s_tool, environment, arguments), arguments);

    /// <summary>Runs a copy of the tool.</summary>
    public ToolRun RunOf(string tool, string[] arguments) => EndOf(Start(tool, new Dictionary<string, string>(), arguments), arguments);

    private static ToolRun EndOf(Process started, string[] arguments)
    {
        using Process process = started;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The tool does not end: {string.Join(' ', arguments)}");
        }

        process.WaitForExit();
        return new ToolRun(process.ExitCode, output.Result, error.Result);
    }

    public Process Start(params string[] arguments) => Start(s_tool, new Dictionary<string, string>(), arguments);

    /// <summary>Starts the tool in an environment of its own.</summary>
    public Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => Start(s_tool, environment, arguments);

    /// <summary>Starts the tool on a program that is told what to do by its input.</summary>
    public Process Start(bool isInputRedirected, params string[] arguments) => Start(s_tool, new Dictionary<string, string>(), arguments, isInputRedirected);

    private Process Start(string tool, IReadOnlyDictionary<string, string> environment, string[] arguments, bool isInputRedirected = false)
    {
        // A shell without job control starts what runs in the background with Ctrl+C ignored, Python all with the limit of a file's size ignored, and that is
        // inherited. A terminal does not.
        string[] shell = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,QUIT,XFSZ"] : [];
        string[] command = [.. shell, .. Path.GetExtension(tool) == ".dll" ? ["dotnet", tool] : (string[])[tool], .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = isInputRedirected,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("CORECLR_", StringComparison.Ordinal) || name.StartsWith("COVERLET", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment.Remove("FENCEKIT_LOCKDEP");
        start.Environment["FENCEKIT_LOCKDEP_CACHE"] = Cache;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(Cache, recursive: true);
}
