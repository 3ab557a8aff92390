// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>A folder of a test, gone with it.</summary>
internal sealed class Folder : IDisposable
{
    public Folder() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"fencekit-lockdep-{Path.GetRandomFileName()}");

    public string[] Files => [.. Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Root, path)).Order(StringComparer.Ordinal)];

    public string PathOf(string name) => Path.Combine(Root, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
