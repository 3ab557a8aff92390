// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>Texts against files in Golden/. FENCEKIT_GOLDEN=1 writes them anew.</summary>
internal static class Golden
{
    public static void Check(string file, string text)
    {
        string path = Repository.PathOf("tests", "FenceKit.Lockdep.Tool.Tests", "Golden", file);
        string actual = text.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("FENCEKIT_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
    }
}
