// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A folder that looks like the one of the installed runtime, with the assemblies of its frameworks rewritten.</summary>
internal sealed class FrameworkFolder : IDisposable
{
    // What the runtime loads before anything else refers to nothing but itself.
    private static readonly string[] s_never = ["System.Private.CoreLib"];
    private readonly ShadowFolder _shadow;

    private FrameworkFolder(ShadowFolder shadow) => _shadow = shadow;

    /// <summary>The host to start programs with.</summary>
    public string Host => Path.Combine(Root, Path.GetFileName(HostFile));

    /// <summary>What the environment variable DOTNET_ROOT must say.</summary>
    public string Root => _shadow.Path;

    /// <summary>The assemblies that were looked at.</summary>
    public IReadOnlyList<ShadowFile> Files => _shadow.Files;

    private static string HostFile => Path.Combine(InstalledRoot, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    // .../shared/Microsoft.NETCore.App/10.0.0/
    private static string InstalledRoot => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>Mirrors the runtime that the tool itself runs on.</summary>
    /// <exception cref="ToolException">It is not where a runtime is installed.</exception>
    public static FrameworkFolder Make(RewriteCache cache, AssemblySelection selection, Action<int, int>? progress)
    {
        if (!File.Exists(HostFile))
        {
            throw new ToolException($"The runtime of the tool is not an installed one ({InstalledRoot} has no host), so --framework cannot be used here.");
        }

        // The host follows links to find out where it is, and so where the rest is; what it reads itself must be real.
        string[] real = [HostFile, .. FilesBelow("host"), .. FilesBelow("shared").Where(static file => Path.GetExtension(file) is ".so" or ".dylib")];
        var frameworks = new AssemblySelection(["System.*", "Microsoft.*", "netstandard", "mscorlib", "WindowsBase"], [.. s_never, .. selection.Skip]);
        return new FrameworkFolder(ShadowFolder.Make(InstalledRoot, real, cache, frameworks, progress, topFolders: ["host", "shared"]));
    }

    public void Dispose() => _shadow.Dispose();

    private static IEnumerable<string> FilesBelow(string folder)
        => Directory.EnumerateFiles(Path.Combine(InstalledRoot, folder), "*", SearchOption.AllDirectories);
}
