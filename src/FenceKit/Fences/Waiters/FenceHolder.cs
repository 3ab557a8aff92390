// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A party that the signal of a fence depends on, in a <see cref="WaitForGraph"/>.</summary>
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

    /// <summary>A description: a thread in a signaling section, a command at its device, a reader inside a gate, or a session.</summary>
    public string Name { get; }

    /// <summary>The managed id of the thread; 0 if the holder is not a thread.</summary>
    public int ThreadId { get; }

    /// <summary>The place where the thread entered its signaling section; null if not known.</summary>
    public string? Place { get; }

    /// <summary>The locks that the thread holds; it may be waiting for the last of them. Empty when the contract is not checked.</summary>
    public IReadOnlyList<string> Locks { get; }

    /// <summary>Returns the name and the place.</summary>
    /// <returns>A text of one line.</returns>
    public override string ToString() => Place is null ? Name : $"{Name}, on the way since {Place}";

    internal static string NameOf(Thread thread) => thread.Name is { Length: > 0 } name
        ? $"thread {thread.ManagedThreadId} '{name}'"
        : $"thread {thread.ManagedThreadId}";
}
