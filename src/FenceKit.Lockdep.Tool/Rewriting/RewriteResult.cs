// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>What became of a file.</summary>
internal enum RewriteState
{
    /// <summary>There is a new file, in which calls were replaced.</summary>
    Rewritten,

    /// <summary>There is nothing to replace in it.</summary>
    NothingToDo,

    /// <summary>It is no assembly.</summary>
    NotManaged,

    /// <summary>It stays as it is, for a reason that is said.</summary>
    LeftAlone,
}

/// <summary>What became of a file, and why.</summary>
/// <param name="State">What became of it.</param>
/// <param name="Calls">How many calls were replaced.</param>
/// <param name="Reason">Why it was left alone; null otherwise.</param>
/// <param name="Unseen">How many places take a lock in a way that cannot be replaced, such as by a delegate of <c>Monitor.Enter</c>.</param>
internal sealed record RewriteResult(RewriteState State, int Calls = 0, string? Reason = null, int Unseen = 0)
{
    /// <summary>A few words that <see cref="Parse"/> reads: the numbers, then the reason on lines of its own.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{(int)State} {Calls} {Unseen}\n{Reason}");

    /// <summary>Reads the text of a result; null if it is none.</summary>
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
