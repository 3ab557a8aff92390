// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep;

namespace FenceKit.Testing.Tests;

/// <summary>A run of some classes of FenceKit.Testing.Scenarios, as a user runs tests; killed when it takes too long.</summary>
internal sealed record ScenarioRun(int ExitCode, string Output, string Results)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(150);

    /// <param name="framework">"xunit 2.9" or "xunit 3".</param>
    /// <param name="testClass">The class, by its bare name; or a namespace that ends in a point, of which all classes run in parallel.</param>
    /// <param name="isSwitchedOff">Whether the project has switched the validator off.</param>
    internal static async Task<ScenarioRun> Of(string framework, string testClass, bool isSwitchedOff = false)
    {
        bool isNew = framework == "xunit 3";
        string project = isNew ? "FenceKit.Testing.Scenarios3" : "FenceKit.Testing.Scenarios";
        string folder = AppContext.BaseDirectory.Replace("FenceKit.Testing.Tests", project, StringComparison.Ordinal);
        if (isSwitchedOff)
        {
            folder = CopySwitchedOff(folder, $"{project}.runtimeconfig.json");
        }

        string program = Path.Combine(folder, $"{project}.dll");
        string results = Path.Combine(Directory.CreateTempSubdirectory("fencekit-testing-").FullName, "results.xml");
        string name = testClass.TrimEnd('.');
        string[] arguments = isNew
            ? [program, name == testClass ? "-class" : "-namespace", $"FenceKit.Testing.Scenarios.{name}", "-xml", results, "-noColor"]
            : ["test", program, "--filter", $"FullyQualifiedName~.{name}.", "--logger", $"trx;LogFileName={results}"];
        return await RunAsync(arguments, results);
    }

    private static async Task<ScenarioRun> RunAsync(string[] arguments, string results)
    {
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment.Remove(LockValidator.VariableName);
        start.Environment.Remove(LockValidator.ReportsVariableName);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource over = new(s_limit);
        try
        {
            await process.WaitForExitAsync(over.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{string.Join(' ', arguments)} was not over within {s_limit}.");
        }

        return new ScenarioRun(process.ExitCode, await output + await errors, File.Exists(results) ? await File.ReadAllTextAsync(results) : "");
    }

    private static string CopySwitchedOff(string folder, string settings)
    {
        string copy = Directory.CreateTempSubdirectory("fencekit-switched-off-").FullName;
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        string text = File.ReadAllText(Path.Combine(copy, settings));
        string option = $"\"{LockValidator.OptionName}\": ";
        Assert.Contains($"{option}true", text, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(copy, settings), text.Replace($"{option}true", $"{option}false", StringComparison.Ordinal));
        return copy;
    }
}
