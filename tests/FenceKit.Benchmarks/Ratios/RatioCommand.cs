// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace FenceKit.Benchmarks.Ratios;

/// <summary><c>ratios [--json FILE] [--only PREFIX]</c>: measures the rows and compares them with their limits.</summary>
internal static class RatioCommand
{
    private const string ValidatorSwitch = "FENCEKIT_LOCKDEP";

    /// <returns>0: every limit holds. 1: one is missed beyond the noise. 2: nothing is called so.</returns>
    internal static int Run(string? json, string prefix)
    {
        RatioRow[] rows = [.. RatioCatalog.Rows(prefix)];
        if (rows.Length == 0)
        {
            Console.Error.WriteLine($"No row is called {prefix}…");
            return CommandLine.UsageError;
        }

        bool isChild = Environment.GetEnvironmentVariable(ValidatorSwitch) == "1";
        List<RatioResult> results = [];
        Console.WriteLine($"{"name",-24} {"ratio",7} {"noise",15} {"limit",6} {"floor",6} {"bytes",7} {"ours ns",12} {"theirs ns",12}");
        foreach (RatioRow row in rows)
        {
            RatioResult result = row.ValidatorOn == isChild ? RatioRunner.Measure(row) : MeasureApart(row);
            results.Add(result);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Name,-24} {result.Ratio,7:F2} {result.Low,7:F2}-{result.High,-7:F2} {result.Limit,6:F2} {result.Floor,6:F2} {result.Bytes,7:F1} {result.OursNanoseconds,12:F1} {result.TheirsNanoseconds,12:F1} {(result.Holds ? "" : "MISSED")}"));
        }

        if (json is not null)
        {
            File.WriteAllText(json, RatioResult.ToJson(results));
        }

        return results.TrueForAll(result => result.Holds) ? 0 : 1;
    }

    /// <summary>Both sides of one row in a process of their own, in which the validator is on (or off).</summary>
    private static RatioResult MeasureApart(RatioRow row)
    {
        string file = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = CommandLine.StartAgain("ratios", "--only", row.Name, "--json", file);
            start.Environment[ValidatorSwitch] = row.ValidatorOn ? "1" : "0";
            start.RedirectStandardOutput = true;
            using Process process = Process.Start(start)!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return RatioResult.FromJson(File.ReadAllText(file)).Single(result => result.Name == row.Name);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
