// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Lockdep.Tool.Reports;

/// <summary>The text of a report for a terminal: as in a file, with the heads in color.</summary>
internal static class ReportText
{
    public static void Write(IAnsiConsole console, LockReport report)
    {
        foreach (LockViolation violation in report.Violations)
        {
            bool isHead = true;
            foreach (string line in violation.ToString().TrimEnd().ReplaceLineEndings("\n").Split('\n'))
            {
                console.Write(new Text(Printable.Of(line), isHead ? new Style(ColorOf(violation.Confidence), decoration: Decoration.Bold) : Style.Plain));
                console.WriteLine();
                isHead = false;
            }

            console.WriteLine();
        }
    }

    public static Color ColorOf(LockConfidence confidence) => confidence switch
    {
        LockConfidence.Certain => Color.Red,
        LockConfidence.Likely => Color.Yellow,
        _ => Color.Default,
    };
}
