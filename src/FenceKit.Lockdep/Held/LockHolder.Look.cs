// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockHolder
{
    /// <summary>
    /// A copy of the held list, for any thread. The owning thread writes without synchronization, so a copy is valid only if a second read
    /// sees the same. The list of a hanging thread does not change.
    /// </summary>
    internal HeldEntry[] CopyEntries()
    {
        HeldEntry[] first = Look();
        Interlocked.MemoryBarrier(); // the first read must not be reordered after the second
        HeldEntry[] second = Look();
        return first.AsSpan().SequenceEqual(second, s_sameEntry) ? first : [];
    }

    private static readonly EqualityComparer<HeldEntry> s_sameEntry = EqualityComparer<HeldEntry>.Create(static (left, right) =>
        left.Instance is not null
        && left.Record is not null
        && ReferenceEquals(left.Instance, right.Instance)
        && ReferenceEquals(left.Record, right.Record)
        && left.Key == right.Key);

    private HeldEntry[] Look()
    {
        HeldEntry[] entries = Volatile.Read(ref _entries);
        int depth = Volatile.Read(ref _depth);
        return (uint)depth > (uint)entries.Length ? [] : entries.AsSpan(0, depth).ToArray();
    }
}
