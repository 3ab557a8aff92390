// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep.Tool.Suppressions;

/// <summary>
/// Reads and writes lines of a suppression file: <c>KIND CLASS -> CLASS -> ... until YYYY-MM-DD because REASON</c>. A name with blanks is
/// quoted.
/// </summary>
internal static class SuppressionText
{
    /// <summary>The placeholder for a missing reason. A file with one is rejected.</summary>
    public const string MissingReason = "...";

    private const string Arrow = "->";
    private const string UntilWord = "until";
    private const string BecauseWord = "because";
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>Reads a file. Lines that are empty or begin with # are skipped.</summary>
    /// <exception cref="FormatException">A line is not valid; the message has its number and says why.</exception>
    public static IReadOnlyList<Suppression> Read(string text)
    {
        var suppressions = new List<Suppression>();
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string trimmed = line.Trim();
            if (trimmed.Length > 0 && trimmed[0] != '#')
            {
                suppressions.Add(ReadLine(new SuppressionLine(trimmed, number)));
            }
        }

        return suppressions;
    }

    public static string Write(Suppression suppression)
    {
        var text = new StringBuilder().Append(suppression.Kind).Append(' ').AppendJoin($" {Arrow} ", suppression.Classes.Select(Quote));
        if (suppression.Kind == LockViolationKind.CircularDependency)
        {
            // The cycle is closed, as reports show it.
            text.Append(CultureInfo.InvariantCulture, $" {Arrow} {Quote(suppression.Classes[0])}");
        }

        if (suppression.Until is { } until)
        {
            text.Append(' ').Append(UntilWord).Append(' ').Append(until.ToString(DayFormat, CultureInfo.InvariantCulture));
        }

        // The reason must be on one line.
        return text.Append(' ').Append(BecauseWord).Append(' ').Append(suppression.Reason.ReplaceLineEndings(" ").Trim()).ToString();
    }

    private static Suppression ReadLine(SuppressionLine line)
    {
        LockViolationKind kind = ReadKind(line);
        var classes = new List<string> { ReadClass(line) };
        SuppressionWord word = line.NextWord();
        while (word.Is(Arrow))
        {
            classes.Add(ReadClass(line));
            word = line.NextWord();
        }

        if (kind == LockViolationKind.CircularDependency && classes.Count > 1 && classes[^1] == classes[0])
        {
            classes.RemoveAt(classes.Count - 1);
        }

        DateOnly? until = null;
        if (word.Is(UntilWord))
        {
            string day = line.NextWord().Text;
            until = DateOnly.TryParseExact(day, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly read) ? read
                : throw line.Bad($"after \"{UntilWord}\" comes a day like 2027-03-31, not \"{day}\"");
            word = line.NextWord();
        }

        if (!word.Is(BecauseWord))
        {
            throw line.Bad(word.IsEnd ? $"it ends without \"{BecauseWord}\" and a reason"
                : $"\"{word.Text}\" is in the way: after a class comes \"{Arrow}\", \"{UntilWord}\" or \"{BecauseWord}\"; a name with blanks stands in quotes");
        }

        string reason = line.Rest();
        return reason.Length == 0 || reason == MissingReason
            ? throw line.Bad($"say after \"{BecauseWord}\" why the finding may stay")
            : new Suppression(kind, classes, until, reason, line.Number);
    }

    private static LockViolationKind ReadKind(SuppressionLine line)
    {
        string word = line.NextWord().Text;
        foreach (LockViolationKind kind in Enum.GetValues<LockViolationKind>())
        {
            if (kind.ToString() == word)
            {
                return kind;
            }
        }

        throw line.Bad($"\"{word}\" is none of {string.Join(", ", Enum.GetNames<LockViolationKind>())}");
    }

    private static string ReadClass(SuppressionLine line)
    {
        SuppressionWord word = line.NextWord();
        return word.IsEnd || word.Is(Arrow) || word.Is(UntilWord) || word.Is(BecauseWord) ? throw line.Bad("the name of a class is missing") : word.Text;
    }

    private static string Quote(string name)
    {
        bool isPlain = name.Length > 0 && name[0] != '#' && name is not (Arrow or UntilWord or BecauseWord) && !name.Any(MustBeQuoted);
        if (isPlain)
        {
            return name;
        }

        var quoted = new StringBuilder("\"");
        foreach (char character in name)
        {
            // Lone surrogates too, which no file can encode.
            _ = character is '"' or '\\' ? quoted.Append('\\').Append(character)
                : character != ' ' && (char.IsControl(character) || char.IsWhiteSpace(character) || char.IsSurrogate(character))
                    ? quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}")
                : quoted.Append(character);
        }

        return quoted.Append('"').ToString();
    }

    private static bool MustBeQuoted(char character) =>
        character is '"' or '\\' || char.IsWhiteSpace(character) || char.IsControl(character) || char.IsSurrogate(character);
}
