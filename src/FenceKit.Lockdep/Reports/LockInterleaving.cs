// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>An order of events that ends in a deadlock: a column for each thread, a line for each event. Immutable.</summary>
[DebuggerDisplay("{Threads.Count} threads, {Steps.Count} steps")]
internal sealed class LockInterleaving
{
    public static readonly LockInterleaving None = new([], []);

    public LockInterleaving(IReadOnlyList<string> threads, IReadOnlyList<(int Thread, string Text, bool Hangs)> steps)
    {
        Threads = threads;
        Steps = steps;
    }

    /// <summary>The column headers.</summary>
    public IReadOnlyList<string> Threads { get; }

    /// <summary>The events from first to last; Thread is the index of the column.</summary>
    public IReadOnlyList<(int Thread, string Text, bool Hangs)> Steps { get; }
}
