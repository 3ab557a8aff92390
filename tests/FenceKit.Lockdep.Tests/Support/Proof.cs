// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace FenceKit.Lockdep.Tests.Support;

/// <summary>Writes what a proof counted to artifacts/proof at the root of the repository.</summary>
internal static class Proof
{
    public static void Write(string name, object figures)
    {
        string folder = Path.Combine(Root(), "artifacts", "proof");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name + ".json"), JsonSerializer.Serialize(figures) + "\n");
    }

    public static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FenceKit.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("FenceKit.sln is in no folder above the tests.");
    }
}
