// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One line of an interleaving: what one of the threads does next.</summary>
/// <param name="Thread">The column.</param>
/// <param name="Text">What it does, in a few words.</param>
/// <param name="Hangs">True when the thread never gets past this line.</param>
[DebuggerDisplay("{Thread}: {Text,nq}")]
public readonly record struct LockInterleavingStep(int Thread, string Text, bool Hangs);

/// <summary>An order of events in which the threads hang: a column for each thread, a line for each event. Immutable.</summary>
[DebuggerDisplay("{Threads.Count} threads, {Steps.Count} steps")]
public sealed class LockInterleaving
{
    internal static readonly LockInterleaving None = new([], []);

    internal LockInterleaving(IReadOnlyList<string> threads, IReadOnlyList<LockInterleavingStep> steps)
    {
        Threads = threads;
        Steps = steps;
    }

    /// <summary>The heads of the columns.</summary>
    public IReadOnlyList<string> Threads { get; }

    /// <summary>The events from first to last.</summary>
    public IReadOnlyList<LockInterleavingStep> Steps { get; }
}
