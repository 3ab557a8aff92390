// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep.Tool.Suppressions;

/// <summary>A word of a line, and whether it was quoted: a quoted word is never a keyword.</summary>
internal readonly record struct SuppressionWord(string Text, bool IsQuoted)
{
    public bool IsEnd => Text.Length == 0 && !IsQuoted;

    public bool Is(string keyword) => !IsQuoted && Text == keyword;
}

/// <summary>Splits a line into words.</summary>
internal sealed class SuppressionLine(string text, int number)
{
    private int _at;

    public int Number => number;

    public FormatException Bad(string why) => new($"Line {number} of the suppressions cannot be read: {why}.");

    /// <summary>The rest of the line.</summary>
    public string Rest() => text[_at..].Trim();

    /// <summary>The next word; at the end, an empty one that is not quoted.</summary>
    public SuppressionWord NextWord()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }

        if (_at < text.Length && text[_at] == '"')
        {
            return new SuppressionWord(ReadQuoted(), IsQuoted: true);
        }

        int begin = _at;
        while (_at < text.Length && !char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }

        return new SuppressionWord(text[begin.._at], IsQuoted: false);
    }

    private string ReadQuoted()
    {
        var word = new StringBuilder();
        for (_at++; _at < text.Length; _at++)
        {
            switch (text[_at])
            {
                case '"':
                    _at++;
                    return _at == text.Length || char.IsWhiteSpace(text[_at]) ? word.ToString() : throw Bad("after a quoted name comes a blank");
                case '\\':
                    word.Append(ReadEscaped());
                    break;
                default:
                    word.Append(text[_at]);
                    break;
            }
        }

        throw Bad("a quoted name does not end");
    }

    private char ReadEscaped()
    {
        char next = ++_at < text.Length ? text[_at] : throw Bad("a quoted name does not end");
        if (next is '"' or '\\')
        {
            return next;
        }

        if (next == 'u' && _at + 4 < text.Length
            && ushort.TryParse(text.AsSpan(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
        {
            _at += 4;
            return (char)code;
        }

        throw Bad("in a quoted name a backslash stands before a quote, a backslash, or u and four digits");
    }
}
