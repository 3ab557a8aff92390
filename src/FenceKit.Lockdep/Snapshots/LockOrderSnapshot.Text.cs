// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep;

public sealed partial class LockOrderSnapshot
{
    private const string Head = "FenceKit lock order 1";
    // Room for a subclass, for a number where classes have the same name, and for derived names.
    private const int LongestName = LockClass.MaxNameLength + 64;

    private static readonly (LockDependencyKinds Kind, string Code)[] s_codes =
    [
        (LockDependencyKinds.ExclusiveToQueued, "EN"),
        (LockDependencyKinds.ExclusiveToRecursive, "ER"),
        (LockDependencyKinds.SharedToQueued, "SN"),
        (LockDependencyKinds.SharedToRecursive, "SR"),
    ];

    /// <summary>Reads the text form. Lines that are empty or begin with # are skipped.</summary>
    /// <param name="text">The text; it may come from anywhere.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="FormatException">A line is not valid; the message has its number and says why.</exception>
    public static LockOrderSnapshot Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = new List<LockDependency>();
        bool hasHead = false;
        int number = 0;
        foreach (Range range in text.AsSpan().Split('\n'))
        {
            number++;
            ReadOnlySpan<char> line = text.AsSpan(range).Trim();
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            if (!hasHead)
            {
                hasHead = line.SequenceEqual(Head) ? true : throw Bad(number, $"the first line must be \"{Head}\"");
                continue;
            }

            entries.Add(ParseEntry(line, number));
        }

        return hasHead ? Create(entries) : throw new FormatException($"The snapshot is empty: the first line must be \"{Head}\".");
    }

    /// <summary>The text form: a header, a legend, and one line for each pair.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Head).Append('\n');
        text.Append("# held -> taken inside; E/S held exclusively or shared, N/R taken by one who queues or by a recursive reader\n");
        foreach (LockDependency entry in Entries)
        {
            text.Append(Quote(entry.From)).Append(" -> ").Append(Quote(entry.To));
            foreach ((LockDependencyKinds kind, string code) in s_codes)
            {
                if ((entry.Kinds & kind) != 0)
                {
                    text.Append(' ').Append(code);
                }
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static LockDependency ParseEntry(ReadOnlySpan<char> line, int number)
    {
        string from = ReadName(ref line, number);
        if (!line.StartsWith("-> ", StringComparison.Ordinal))
        {
            throw Bad(number, "after the first name comes \"->\" and another name");
        }

        line = line[3..].TrimStart();
        string to = ReadName(ref line, number);
        LockDependencyKinds kinds = LockDependencyKinds.None;
        foreach (Range part in line.Split(' '))
        {
            ReadOnlySpan<char> code = line[part];
            if (!code.IsEmpty)
            {
                kinds |= KindOf(code, number);
            }
        }

        return kinds == LockDependencyKinds.None
            ? throw Bad(number, "after the second name comes at least one of EN, ER, SN, SR")
            : from == to ? throw Bad(number, "a class does not follow itself") : new LockDependency(from, to, kinds);
    }

    private static LockDependencyKinds KindOf(ReadOnlySpan<char> code, int number)
    {
        foreach ((LockDependencyKinds kind, string name) in s_codes)
        {
            if (code.SequenceEqual(name))
            {
                return kind;
            }
        }

        throw Bad(number, $"\"{code}\" is none of EN, ER, SN, SR");
    }

    private static string ReadName(ref ReadOnlySpan<char> line, int number)
    {
        string name;
        if (line.StartsWith("\"", StringComparison.Ordinal))
        {
            var text = new StringBuilder();
            int at = 1;
            for (; at < line.Length && line[at] != '"'; at++)
            {
                if (line[at] == '\\' && at + 1 < line.Length)
                {
                    at++;
                    if (line[at] == 'u')
                    {
                        text.Append(ReadHalf(line[(at + 1)..], number));
                        at += 4;
                        continue;
                    }
                }

                text.Append(line[at]);
            }

            if (at >= line.Length)
            {
                throw Bad(number, "a quoted name does not end");
            }

            name = text.ToString();
            line = line[(at + 1)..].TrimStart();
        }
        else
        {
            int end = line.IndexOf(' ');
            name = (end < 0 ? line : line[..end]).ToString();
            line = end < 0 ? [] : line[end..].TrimStart();
        }

        return string.IsNullOrWhiteSpace(name) ? throw Bad(number, "a name is empty")
            : name.Any(char.IsControl) ? throw Bad(number, "a name holds a control character")
            : name.Length > LongestName ? throw Bad(number, $"a name is longer than {LongestName} characters")
            : name;
    }

    private static char ReadHalf(ReadOnlySpan<char> text, int number) =>
        text.Length >= 4 && ushort.TryParse(text[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort half) && char.IsSurrogate((char)half)
            ? (char)half
            : throw Bad(number, "after \\u come the four digits of half a character");

    private static string Quote(string name)
    {
        bool isPlain = name[0] is not ('"' or '#') && !name.AsSpan().ContainsAny("\"\\") && !name.Any(char.IsWhiteSpace)
            && WellFormed.IndexOfLoneSurrogate(name, 0) < 0;
        if (isPlain)
        {
            return name;
        }

        // Every backslash has been doubled by now, so the single backslash of an escaped lone surrogate can be read back.
        string quoted = name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"\"{WellFormed.Of(quoted)}\"";
    }

    private static FormatException Bad(int line, string why) => new($"Line {line} of the snapshot cannot be read: {why}.");
}
