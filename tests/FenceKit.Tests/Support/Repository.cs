// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Finds files of the repository from wherever the tests run.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    internal static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "FenceKit.sln")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No FenceKit.sln above {AppContext.BaseDirectory}.");
    }
}
