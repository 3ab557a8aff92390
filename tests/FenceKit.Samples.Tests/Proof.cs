// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Tests;

/// <summary>Keeps what a proof counted in artifacts/proof at the root of the repository, where the build prints it.</summary>
internal static class Proof
{
    public static void Keep(string name, string file)
    {
        string folder = Path.Combine(Root, "artifacts", "proof");
        Directory.CreateDirectory(folder);
        File.Copy(file, Path.Combine(folder, $"{name}.json"), overwrite: true);
    }

    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FenceKit.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests do not lie inside of the repository.");
    }
}
