// SPDX-License-Identifier: MIT
using FenceKit.Benchmarks.Curves;
using FenceKit.Benchmarks.Ratios;

namespace FenceKit.Benchmarks;

/// <summary><c>performance</c>: the ratios with their tables, and the curves. About three minutes on a machine that does nothing else.</summary>
internal static class PerformanceCommand
{
    private const string Readme = "README.md";
    private const string Document = "docs/performance.md";
    private const string Directory = "docs/performance";

    /// <returns>As <see cref="RatioCommand.Run"/>.</returns>
    internal static int Run()
    {
        if (!File.Exists(Readme) || !File.Exists(Document))
        {
            throw new OptionException($"Run it in the repository's root: it writes {Readme}, {Document} and {Directory}/.");
        }

        System.IO.Directory.CreateDirectory(Directory);
        string json = Path.Combine(Directory, "ratios.json");
        int outcome = RatioCommand.Run(json, prefix: "");
        RatioTableCommand.Run(json, Readme);
        RatioTableCommand.Run(json, Document);
        CurveCommand.Run(Directory, only: "");
        return outcome;
    }
}
