// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// The held list of a thread. Only the thread itself writes to it.
public sealed partial class LockHolder
{
    private const int FirstCapacity = 8;

    [ThreadStatic]
    private static LockHolder? t_recent;

    private HeldEntry[] _entries = new HeldEntry[FirstCapacity];
    private int _depth;
    private int _pinned;

    // A copy of the first entry, because the first lock is the one that must cost least. A null map means that the first entry is not
    // settled.
    private LockMap? _firstMap;
    private object? _firstSiteToken;
    private ulong _firstKnown = Unsettled;

    private LockHolder(IHeldListOwner owner)
    {
        Owner = owner;
        Thread = Thread.CurrentThread;
    }

    internal IHeldListOwner Owner { get; }

    internal Thread Thread { get; }

    internal int Depth => _depth;

    internal ReadOnlySpan<HeldEntry> Entries => _entries.AsSpan(0, _depth);

    private ulong TopKey => _depth == 0 ? 0 : _entries[_depth - 1].Key;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static LockHolder Current(IHeldListOwner owner)
    {
        LockHolder? recent = t_recent;
        return recent is not null && ReferenceEquals(recent.Owner, owner) ? recent : Find(owner);
    }

    // A thread that has any held list has a recent one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static LockHolder? CurrentIfAny(IHeldListOwner owner)
    {
        LockHolder? recent = t_recent;
        return recent is null || ReferenceEquals(recent.Owner, owner) ? recent : FindOther(owner);
    }

    /// <summary>
    /// Whether <see cref="TryPushKnown"/> would succeed. For a wait that was already validated here, this is the whole check.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool KnowsNext(ulong own, object? siteToken)
    {
        int depth = _depth;
        ulong known = own ^ Volatile.Read(ref _stamp); // pairs with the write in MarkStale
        if (depth == 0)
        {
            return _firstKnown == known && ReferenceEquals(_firstSiteToken, siteToken);
        }

        HeldEntry[] entries = _entries;
        return (uint)depth < (uint)entries.Length && entries[depth].Known == known && ReferenceEquals(entries[depth].SiteToken, siteToken);
    }

    /// <summary>Pushes if this thread has acquired the lock in exactly this situation before: no shared write, no allocation.</summary>
    /// <remarks>
    /// Usually the thread acquired the same lock here last time. That entry is still in the array above the depth, so that a comparison and
    /// an increment suffice. Writing an entry clears the one above it, whose verdict depends on the entry below. A map's part of the key is
    /// never reused, so the map itself need not be compared.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryPushKnown(LockMap map, ulong own, object? siteToken)
    {
        int depth = _depth;
        ulong known = own ^ Volatile.Read(ref _stamp); // pairs with the write in MarkStale
        if (depth == 0)
        {
            if (_firstKnown == known && ReferenceEquals(_firstSiteToken, siteToken))
            {
                _depth = 1;
                return true;
            }
        }
        else
        {
            HeldEntry[] entries = _entries;
            if ((uint)depth < (uint)entries.Length)
            {
                ref HeldEntry entry = ref entries[depth];
                if (entry.Known == known && ReferenceEquals(entry.SiteToken, siteToken))
                {
                    _depth = depth + 1;
                    return true;
                }
            }
        }

        return TryPushCached(map, own, siteToken);
    }

    /// <summary>
    /// Pops the map if it is the last entry and no lock is pinned, which is nearly always the case. The entry stays in the array, because
    /// the lock will probably be acquired again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryPopTop(LockMap map)
    {
        int top = _depth - 1;
        if (top == 0 && ReferenceEquals(_firstMap, map) && _pinned == 0)
        {
            _depth = 0;
            return true;
        }

        HeldEntry[] entries = _entries;
        if ((uint)top < (uint)entries.Length && ReferenceEquals(entries[top].Instance, map) && _pinned == 0)
        {
            _depth = top;
            return true;
        }

        return false;
    }

    /// <summary>Pops an object without a map; the entry is cleared at once, so that the object can be collected.</summary>
    internal bool TryPopForeign(object instance)
    {
        int top = _depth - 1;
        if (top < 0 || !ReferenceEquals(_entries[top].Instance, instance) || _pinned != 0)
        {
            return false;
        }

        _depth = top;
        Wipe(top);
        return true;
    }

    /// <summary>Pops the last entry, which was only waited for and is not held. The fast ways decline if a lock below is pinned.</summary>
    internal void PopPassing(object instance)
    {
        if (!(instance is LockMap map ? TryPopTop(map) : TryPopForeign(instance)))
        {
            RemoveAt(_depth - 1);
        }
    }

    internal ulong KeyFor(ulong own) => ChainKey.Mix(TopKey ^ _stamp, own);

    /// <summary>The index of the innermost hold of the lock, or -1.</summary>
    internal int IndexOf(object instance)
    {
        for (int i = _depth - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_entries[i].Instance, instance))
            {
                return i;
            }
        }

        return -1;
    }
}
