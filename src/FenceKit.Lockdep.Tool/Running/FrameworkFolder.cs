// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A folder that mirrors the installed runtime, with rewritten framework assemblies.</summary>
internal sealed class FrameworkFolder : IDisposable
{
    // This assembly is loaded first and must not refer to any other.
    private static readonly string[] s_never = ["System.Private.CoreLib"];
    private readonly ShadowFolder _shadow;

    private FrameworkFolder(ShadowFolder shadow) => _shadow = shadow;

    /// <summary>The host to start programs with.</summary>
    public string Host => Path.Combine(Root, InstalledRuntime.HostName);

    /// <summary>The value for the environment variable DOTNET_ROOT.</summary>
    public string Root => _shadow.Path;

    /// <summary>The assemblies that were examined.</summary>
    public IReadOnlyList<ShadowFile> Files => _shadow.Files;

    /// <summary>Mirrors the installed .NET.</summary>
    /// <exception cref="ToolException">There is none.</exception>
    public static FrameworkFolder Make(RewriteCache cache, AssemblySelection selection, Action<int, int>? progress)
    {
        if (InstalledRuntime.Found?.Root is not { } root || Path.Combine(root, InstalledRuntime.HostName) is not { } host || !File.Exists(host))
        {
            throw new ToolException("No installed .NET with its host was found, so --framework cannot be used here.");
        }

        // The host resolves links to find its own location and the other files, so the files that it reads must not be links.
        string[] real = [host, .. FilesBelow(root, "host"), .. FilesBelow(root, "shared").Where(static file => Path.GetExtension(file) is ".so" or ".dylib")];
        var frameworks = new AssemblySelection(["System.*", "Microsoft.*", "netstandard", "mscorlib", "WindowsBase"], [.. s_never, .. selection.Skip]);
        return new FrameworkFolder(ShadowFolder.Make(root, real, cache, frameworks, progress, topFolders: ["host", "shared"]));
    }

    public void Dispose() => _shadow.Dispose();

    private static IEnumerable<string> FilesBelow(string root, string folder)
        => Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories);
}
