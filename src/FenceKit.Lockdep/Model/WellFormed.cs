// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep;

/// <summary>
/// Makes texts encodable in every format. Names come from users and from rewritten assemblies and may contain a lone surrogate, which UTF-8
/// cannot encode; each is written as <c>\uD800</c>, so that it stays visible and different names stay different.
/// </summary>
internal static class WellFormed
{
    /// <summary>Returns the text itself unless it contains a lone surrogate.</summary>
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
