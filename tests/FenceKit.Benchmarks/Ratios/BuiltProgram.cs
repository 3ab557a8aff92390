// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Programs that are built beside the benchmarks, in the same configuration.</summary>
internal static class BuiltProgram
{
    /// <summary>The command of fencekit-lockdep as it is built, which is also the package for platforms without a native program.</summary>
    internal static string[] Tool => ["dotnet", PathOf("src", "FenceKit.Lockdep.Tool")];

    /// <summary>The command of the native program of fencekit-lockdep, which <c>.ci/pack-tool</c> makes; null if it was not made here.</summary>
    internal static string[]? NativeTool
    {
        get
        {
            string folder = Path.GetDirectoryName(PathOf("src", "FenceKit.Lockdep.Tool"))!;
            string file = Path.Combine(folder, RuntimeInformation.RuntimeIdentifier, "publish", OperatingSystem.IsWindows() ? "FenceKit.Lockdep.Tool.exe" : "FenceKit.Lockdep.Tool");
            return File.Exists(file) ? [file] : null;
        }
    }

    /// <summary>A case of the tool's tests.</summary>
    internal static string Case(string name) => PathOf("tests", "FenceKit.Lockdep.Tool.Cases", name);

    /// <summary>Starts something so many times, one after the other, each to its end.</summary>
    internal static Action<int> Starts(params string[] command) => StartsWithHook(null, command);

    /// <summary>The same with an assembly whose startup hook the runtime calls.</summary>
    internal static Action<int> StartsWithHook(string? hook, params string[] command) => count =>
    {
        for (int i = 0; i < count; i++)
        {
            ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["DOTNET_STARTUP_HOOKS"] = hook;
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"'{string.Join(' ', command)}' ended with {process.ExitCode}: {error.Result}");
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
