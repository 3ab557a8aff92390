// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Programs that are built beside the benchmarks, in the same configuration.</summary>
internal static class BuiltProgram
{
    /// <summary>fencekit-lockdep as it is built, or another one: what a package installs has compiled code, which makes a start shorter.</summary>
    internal static string Tool => Environment.GetEnvironmentVariable("FENCEKIT_BENCHMARKS_TOOL") ?? PathOf("src", "FenceKit.Lockdep.Tool");

    /// <summary>A case of the tool's tests.</summary>
    internal static string Case(string name) => PathOf("tests", "FenceKit.Lockdep.Tool.Cases", name);

    /// <summary>Starts something so many times, one after the other, each to its end.</summary>
    internal static Action<int> Starts(params string[] arguments) => count =>
    {
        for (int i = 0; i < count; i++)
        {
            using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"'dotnet {string.Join(' ', arguments)}' ended with {process.ExitCode}: {error.Result}");
            }
        }
    };

    // From bin/<configuration>/<framework> of the benchmarks to that of another project.
    private static string PathOf(params string[] project)
    {
        DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string root = framework.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine([root, .. project, "bin", framework.Parent.Name, framework.Name, $"{project[^1]}.dll"]);
    }
}
