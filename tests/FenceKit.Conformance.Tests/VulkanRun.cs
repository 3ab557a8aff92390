// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Samples.VulkanDriver;

namespace FenceKit.Conformance.Tests;

/// <summary>
/// samples/VulkanDriver as a process of its own, under a limit: a driver of the graphics stack that crashes or hangs takes that process
/// along and nothing else. One run does everything; each test looks at its line of the output.
/// </summary>
internal static class VulkanRun
{
    /// <summary>Generous: it takes three seconds on an idle machine.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(240);

    private static readonly Lazy<bool> s_isUsable = new(static () =>
        Start("--list-devices").Lines.Any(static line => line.StartsWith("usable", StringComparison.Ordinal)));

    private static readonly Lazy<Finished> s_everything = new(static () => Start("--rounds", "50"));

    internal sealed record Finished(int ExitCode, IReadOnlyList<string> Lines, string Error);

    /// <summary>Whether the tests are to run: where there is no Vulkan they are left out, unless FENCEKIT_REQUIRE names it.</summary>
    internal static bool IsWanted => GpuChoice.IsRequired(Environment.GetEnvironmentVariable(GpuChoice.Variable)) || s_isUsable.Value;

    internal static Finished Everything => s_everything.Value;

    /// <summary>Fails as the check did.</summary>
    internal static void Passed(string check)
    {
        if (!Everything.Lines.Contains($"passed  {check}"))
        {
            string line = Everything.Lines.FirstOrDefault(line => line.StartsWith($"FAILED  {check}:", StringComparison.Ordinal)) ?? "it did not come so far";
            throw new ConformanceException($"{line}\n{Everything.Error}");
        }
    }

    private static Finished Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(GpuDriver).Assembly.Location);
        Array.ForEach(arguments, start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        List<string> lines = [];
        Task output = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is string line)
            {
                lock (lines)
                {
                    lines.Add(line);
                }
            }
        });
        Task<string> error = process.StandardError.ReadToEndAsync();
        bool ended = process.WaitForExit(s_limit);
        if (!ended)
        {
            process.Kill(); // SIGKILL: anything weaker is not heard in the kernel
            process.WaitForExit();
        }

        output.Wait();
        return new Finished(ended ? process.ExitCode : -1, lines, ended ? error.Result : $"It was killed after {s_limit}.\n{error.Result}");
    }
}
