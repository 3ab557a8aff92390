// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>One acquisition and what is done while it is held.</summary>
internal sealed record OracleStep(int Lock, char Mode, char Attempt, OracleStep[] Inside)
{
    public override string ToString()
    {
        string attempt = Attempt == 'b' ? "" : Attempt.ToString();
        string inside = Inside.Length == 0 ? "" : $"({string.Join(' ', Inside.Select(static step => step.ToString()))})";
        return string.Create(CultureInfo.InvariantCulture, $"{Mode}{attempt}{Lock}{inside}");
    }
}

/// <summary>
/// Up to three threads and four locks. Written as <c>class of each lock, * for a semaphore of two | thread | thread</c>; a step is a mode
/// (W, r, R, U), perhaps t for try or l for a time limit, the lock, and in brackets what happens inside.
/// </summary>
internal sealed record OracleScenario(int[] Classes, bool[] IsSemaphore, OracleStep[][] Threads)
{
    public IEnumerable<OracleStep> Sections => Threads.SelectMany(static steps => steps);

    public static OracleScenario Parse(string text)
    {
        string[] parts = text.Split('|', StringSplitOptions.TrimEntries);
        string[] locks = parts[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new OracleScenario(
            [.. locks.Select(static one => one[0] - '0')],
            [.. locks.Select(static one => one.EndsWith('*'))],
            [.. parts[1..].Select(static part =>
            {
                int at = 0;
                return ParseSteps(part, ref at);
            })]);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Classes.Length; i++)
        {
            text.Append(Classes[i]).Append(IsSemaphore[i] ? "* " : " ");
        }

        foreach (OracleStep[] thread in Threads)
        {
            text.Append("| ").Append(string.Join(' ', thread.Select(static step => step.ToString()))).Append(' ');
        }

        return text.ToString().TrimEnd();
    }

    private static OracleStep[] ParseSteps(string text, ref int at)
    {
        var steps = new List<OracleStep>();
        while (at < text.Length && text[at] != ')')
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }

            char mode = text[at++];
            char attempt = char.IsLetter(text[at]) ? text[at++] : 'b';
            int number = text[at++] - '0';
            OracleStep[] inside = [];
            if (at < text.Length && text[at] == '(')
            {
                at++;
                inside = ParseSteps(text, ref at);
                at++;
            }

            steps.Add(new OracleStep(number, mode, attempt, inside));
        }

        return [.. steps];
    }
}
