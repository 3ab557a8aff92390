// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace FenceKit.Conformance.Tests;

/// <summary>Keeps count, and writes artifacts/proof/conformance.json at the root of the repository.</summary>
internal static class ConformanceProof
{
    private static readonly Lock s_gate = new();
    private static readonly SortedDictionary<string, (int Passed, int Failed)> s_drivers = new(StringComparer.Ordinal);
    private static int s_caught;
    private static int s_broken;

    internal static void Of(string driver, Action check)
    {
        bool passed = false;
        try
        {
            check();
            passed = true;
        }
        finally
        {
            lock (s_gate)
            {
                (int before, int failed) = s_drivers.GetValueOrDefault(driver);
                s_drivers[driver] = passed ? (before + 1, failed) : (before, failed + 1);
                WriteLocked();
            }
        }
    }

    internal static void Caught(int total)
    {
        lock (s_gate)
        {
            s_caught++;
            s_broken = total;
            WriteLocked();
        }
    }

    private static void WriteLocked()
    {
        string folder = Path.Combine(Root(), "artifacts", "proof");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "conformance.json"), JsonSerializer.Serialize(new
        {
            drivers = s_drivers.Select(driver => new { name = driver.Key, passed = driver.Value.Passed, failed = driver.Value.Failed }),
            broken = new { total = s_broken, caught = s_caught },
        }) + "\n");
    }

    internal static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FenceKit.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("FenceKit.sln is in no folder above the tests.");
    }
}
