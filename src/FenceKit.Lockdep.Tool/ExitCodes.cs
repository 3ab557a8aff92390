// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool;

/// <summary>What the tool's exit code says.</summary>
internal static class ExitCodes
{
    /// <summary>Nothing was found that counts.</summary>
    public const int Clean = 0;

    /// <summary>Something was found that counts, or a newer order has something new.</summary>
    public const int Found = 1;

    /// <summary>The tool was used wrongly, or could not do what it was asked for: a run of which something is missing shows nothing.</summary>
    public const int WrongUse = 2;

    /// <summary>For <c>--help</c>.</summary>
    public const string Explained = """
        Exit codes:
          run, test: the program's own if it is not 0; else 1 if something at or above --fail-on was found;
          else 2 if a process did not come to say what it had seen; else 0.
          diff: 1 if the newer order has something new; else 0.
          2 for wrong use, and when a file cannot be read or written.
        """;

    /// <summary>The exit code of a run.</summary>
    /// <param name="program">The program's own exit code, which always wins: who wraps a program must hear of its failure.</param>
    /// <param name="report">What was found and not suppressed.</param>
    /// <param name="failOn">The confidence from which a finding counts.</param>
    /// <param name="isWhole">Whether all processes have said what they had seen.</param>
    public static int OfRun(int program, LockReport report, LockConfidence failOn, bool isWhole = true) =>
        program != 0 ? program
        : report.Violations.Any(violation => violation.Confidence >= failOn) ? Found
        : isWhole ? Clean
        : WrongUse;
}
