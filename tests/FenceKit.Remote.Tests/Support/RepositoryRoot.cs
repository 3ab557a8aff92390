// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests;

/// <summary>Where the sources are.</summary>
internal static class RepositoryRoot
{
    internal static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "FenceKit.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException($"There is no FenceKit.sln above {AppContext.BaseDirectory}.");
    }
}
