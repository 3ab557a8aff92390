// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep.Tool;

/// <summary>Texts of strangers for a terminal: names come from assemblies and files, and must neither steer the terminal nor turn the line around.</summary>
internal static class Printable
{
    /// <summary>The text with each character that acts instead of showing written out as <c>\u001B</c>.</summary>
    public static string Of(string text)
    {
        if (!text.Any(IsActive))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        foreach (char character in text)
        {
            _ = IsActive(character) ? shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}") : shown.Append(character);
        }

        return shown.ToString();
    }

    // Control characters, line separators, and what changes the direction of writing.
    private static bool IsActive(char character) =>
        char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
