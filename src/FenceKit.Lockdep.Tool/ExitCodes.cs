// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool;

/// <summary>The exit codes of the tool.</summary>
internal static class ExitCodes
{
    /// <summary>No finding that counts.</summary>
    public const int Clean = 0;

    /// <summary>A finding that counts, or a new order in a comparison.</summary>
    public const int Found = 1;

    /// <summary>The tool was used wrongly, or could not do its work: an incomplete run proves nothing.</summary>
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
    /// <param name="program">The program's own exit code, which takes precedence: a caller must learn of the program's failure.</param>
    /// <param name="report">The findings that are not suppressed.</param>
    /// <param name="failOn">The lowest confidence at which a finding counts.</param>
    /// <param name="isWhole">Whether all processes have written their last report.</param>
    public static int OfRun(int program, LockReport report, LockConfidence failOn, bool isWhole = true) =>
        program != 0 ? program
        : report.Violations.Any(violation => violation.Confidence >= failOn) ? Found
        : isWhole ? Clean
        : WrongUse;
}
