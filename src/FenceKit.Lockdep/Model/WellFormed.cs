// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep;

/// <summary>
/// Texts that every format can hold. Names come from users and from rewritten assemblies and may hold half a character (a lone surrogate), which no UTF-8
/// file can; each is written out as <c>\uD800</c>, so that it stays visible and two names stay two.
/// </summary>
internal static class WellFormed
{
    /// <summary>The text itself in all but the rarest cases.</summary>
    internal static string Of(string text)
    {
        int at = IndexOfLoneSurrogate(text, 0);
        if (at < 0)
        {
            return text;
        }

        var written = new StringBuilder();
        int begin = 0;
        for (; at >= 0; at = IndexOfLoneSurrogate(text, begin))
        {
            written.Append(text, begin, at - begin).Append(Escape(text[at]));
            begin = at + 1;
        }

        return written.Append(text, begin, text.Length - begin).ToString();
    }

    internal static string Escape(char half) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)half:X4}");

    internal static int IndexOfLoneSurrogate(string text, int begin)
    {
        for (int i = begin; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
            {
                return i;
            }

            i++;
        }

        return -1;
    }
}
