// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A folder that mirrors the installed runtime, with rewritten framework assemblies.</summary>
internal sealed class FrameworkFolder : IDisposable
{
    // This assembly is loaded first and must not refer to any other.
    private static readonly string[] s_never = ["System.Private.CoreLib"];
    private readonly ShadowFolder _shadow;

    private FrameworkFolder(ShadowFolder shadow) => _shadow = shadow;

    /// <summary>The host to start programs with.</summary>
    public string Host => Path.Combine(Root, Path.GetFileName(HostFile));

    /// <summary>The value for the environment variable DOTNET_ROOT.</summary>
    public string Root => _shadow.Path;

    /// <summary>The assemblies that were examined.</summary>
    public IReadOnlyList<ShadowFile> Files => _shadow.Files;

    private static string HostFile => Path.Combine(InstalledRoot, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    // .../shared/Microsoft.NETCore.App/10.0.0/
    private static string InstalledRoot => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>Mirrors the runtime that the tool itself runs on.</summary>
    /// <exception cref="ToolException">The tool does not run on an installed runtime.</exception>
    public static FrameworkFolder Make(RewriteCache cache, AssemblySelection selection, Action<int, int>? progress)
    {
        if (!File.Exists(HostFile))
        {
            throw new ToolException($"The runtime of the tool is not an installed one ({InstalledRoot} has no host), so --framework cannot be used here.");
        }

        // The host resolves links to find its own location and the other files, so the files that it reads must not be links.
        string[] real = [HostFile, .. FilesBelow("host"), .. FilesBelow("shared").Where(static file => Path.GetExtension(file) is ".so" or ".dylib")];
        var frameworks = new AssemblySelection(["System.*", "Microsoft.*", "netstandard", "mscorlib", "WindowsBase"], [.. s_never, .. selection.Skip]);
        return new FrameworkFolder(ShadowFolder.Make(InstalledRoot, real, cache, frameworks, progress, topFolders: ["host", "shared"]));
    }

    public void Dispose() => _shadow.Dispose();

    private static IEnumerable<string> FilesBelow(string folder)
        => Directory.EnumerateFiles(Path.Combine(InstalledRoot, folder), "*", SearchOption.AllDirectories);
}
