// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockHolder
{
    /// <summary>
    /// What is held, for any thread that asks. Our thread writes without regard to others, so a copy counts only if nothing
    /// moved meanwhile: a second look sees the same. A thread that hangs does not move.
    /// </summary>
    internal HeldEntry[] CopyEntries()
    {
        HeldEntry[] first = Look();
        Interlocked.MemoryBarrier(); // the first look must not sink below the second
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
