// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Lockdep.Tool.Reports;

/// <summary>Writes a report to a terminal: the same text as in a file, with colored headings.</summary>
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
