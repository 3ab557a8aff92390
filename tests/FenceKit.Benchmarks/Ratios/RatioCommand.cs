// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Benchmarks.Ratios;

/// <summary><c>ratios [--json FILE] [--only PREFIX]</c>: exit code 1 when a limit is missed, 2 for a wrong option.</summary>
internal static class RatioCommand
{
    internal static int Run(string[] arguments)
    {
        string? json = null;
        string prefix = "";
        for (int index = 0; index < arguments.Length; index += 2)
        {
            string? value = index + 1 < arguments.Length ? arguments[index + 1] : null;
            switch (arguments[index])
            {
                case "--json" when value is not null:
                    json = value;
                    break;
                case "--only" when value is not null:
                    prefix = value;
                    break;
                default:
                    Console.Error.WriteLine("usage: ratios [--json FILE] [--only PREFIX]");
                    return 2;
            }
        }

        List<RatioResult> results = [];
        Console.WriteLine($"{"name",-24} {"ratio",7} {"noise",15} {"limit",6} {"bytes",7} {"ours ns",10} {"theirs ns",10}");
        foreach (RatioRow row in AllRows().Where(row => row.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            RatioResult result = RatioRunner.Measure(row);
            results.Add(result);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Name,-24} {result.Ratio,7:F2} {result.Low,7:F2}-{result.High,-7:F2} {result.Limit,6:F2} {result.Bytes,7:F1} {result.OursNanoseconds,10:F1} {result.TheirsNanoseconds,10:F1} {(result.Holds ? "" : "MISSED")}"));
        }

        if (json is not null)
        {
            File.WriteAllText(json, RatioResult.ToJson(results) + Environment.NewLine);
        }

        return results.TrueForAll(result => result.Holds) ? 0 : 1;
    }

    private static IEnumerable<RatioRow> AllRows() => [.. FenceRows.All(), .. AwaitRows.All(), .. NotifierRows.All(), .. GateRows.All()];
}
