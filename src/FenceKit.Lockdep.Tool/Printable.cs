// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Lockdep.Tool;

/// <summary>
/// Makes untrusted texts safe for a terminal: names come from assemblies and files, and must neither control the terminal nor reverse the
/// line.
/// </summary>
internal static class Printable
{
    /// <summary>Returns the text with each control character written as <c>\u001B</c>.</summary>
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

    // Control characters, line separators, and characters that change the writing direction.
    private static bool IsActive(char character) =>
        char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
