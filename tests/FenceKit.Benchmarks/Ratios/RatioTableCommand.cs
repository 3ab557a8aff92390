// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary><c>ratios-table FILE [--into DOCUMENT]</c>.</summary>
internal static class RatioTableCommand
{
    /// <exception cref="FormatException">The file holds no ratios, or the document has no place for the table.</exception>
    internal static int Run(string file, string? document)
    {
        IReadOnlyList<RatioResult> results = RatioResult.FromJson(File.ReadAllText(file));
        if (document is null)
        {
            Console.Write(RatioTable.ToMarkdown(results));
        }
        else
        {
            File.WriteAllText(document, RatioTable.Insert(File.ReadAllText(document), RatioTable.For(document, results)));
        }

        return 0;
    }
}
