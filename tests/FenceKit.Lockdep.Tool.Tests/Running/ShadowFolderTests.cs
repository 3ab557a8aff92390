// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Running;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>The folder that a program or tests are run from.</summary>
public sealed class ShadowFolderTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    // What measures coverage writes into the assemblies of tests, in their place.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whoever_writes_into_an_assembly_of_tests_meets_a_copy(bool isOfTests)
    {
        string output = Path.Combine(_folder.Root, "output");
        Directory.CreateDirectory(output);
        foreach (string name in (string[])["Library.dll", "Library.pdb", "data.bin"])
        {
            File.WriteAllText(Path.Combine(output, name), "as it was");
        }

        using var cache = RewriteCache.Open(RuntimeAssembly.Existing);
        using var shadow = ShadowFolder.Make(output, [], cache, new AssemblySelection([], []), isBeside: isOfTests);
        Assert.Equal(!isOfTests, IsLink("Library.dll"));
        Assert.Equal(!isOfTests, IsLink("Library.pdb"));
        Assert.True(IsLink("data.bin"));

        bool IsLink(string name) => new FileInfo(Path.Combine(shadow.Path, name)).LinkTarget is not null;
    }
}
