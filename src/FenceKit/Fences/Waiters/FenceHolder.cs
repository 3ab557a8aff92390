// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>One on whom the signal of a fence depends, in a <see cref="WaitForGraph"/>.</summary>
[DebuggerDisplay("{ToString(),nq}")]
internal sealed class FenceHolder
{
    internal FenceHolder(string name, Thread? thread = null, string? place = null, IReadOnlyList<string>? locks = null)
    {
        Name = name;
        ThreadId = thread?.ManagedThreadId ?? 0;
        Place = place;
        Locks = locks ?? [];
    }

    /// <summary>A thread on the way to the signal, a command at its device, a reader that is inside, a session.</summary>
    public string Name { get; }

    /// <summary>The managed id of the thread; 0 when it is none.</summary>
    public int ThreadId { get; }

    /// <summary>Where it said that it is on the way; null when that is not known.</summary>
    public string? Place { get; }

    /// <summary>The locks that the thread holds, the last of which it may be waiting for; empty when the contract is not checked.</summary>
    public IReadOnlyList<string> Locks { get; }

    /// <summary>The name, and where it said that it is on the way.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Place is null ? Name : $"{Name}, on the way since {Place}";

    internal static string NameOf(Thread thread) => thread.Name is { Length: > 0 } name
        ? $"thread {thread.ManagedThreadId} '{name}'"
        : $"thread {thread.ManagedThreadId}";
}
