// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>The state of a file after rewriting.</summary>
internal enum RewriteState
{
    /// <summary>There is a new file with replaced calls.</summary>
    Rewritten,

    /// <summary>The file contains nothing to replace.</summary>
    NothingToDo,

    /// <summary>The file is not an assembly.</summary>
    NotManaged,

    /// <summary>The file was not rewritten, for a reason that is reported.</summary>
    LeftAlone,
}

/// <summary>The result of rewriting a file.</summary>
/// <param name="State">The state.</param>
/// <param name="Calls">The number of replaced calls.</param>
/// <param name="Reason">Why it was not rewritten; null otherwise.</param>
/// <param name="Unseen">
/// The number of places that acquire a lock in a way that cannot be replaced, such as a delegate of <c>Monitor.Enter</c>.
/// </param>
internal sealed record RewriteResult(RewriteState State, int Calls = 0, string? Reason = null, int Unseen = 0)
{
    /// <summary>A text that <see cref="Parse"/> reads: the numbers, then the reason on separate lines.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{(int)State} {Calls} {Unseen}\n{Reason}");

    /// <summary>Reads the text of a result; null if it is invalid.</summary>
    public static RewriteResult? Parse(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        string[] numbers = end < 0 ? [] : text[..end].Split(' ');
        return numbers.Length == 3 && Number(numbers[0]) is { } state and <= (int)RewriteState.LeftAlone && Number(numbers[1]) is { } calls && Number(numbers[2]) is { } unseen
            ? new RewriteResult((RewriteState)state, calls, end + 1 < text.Length ? text[(end + 1)..] : null, unseen)
            : null;
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
