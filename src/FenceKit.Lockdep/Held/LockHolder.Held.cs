// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// What the thread holds. Only the thread itself writes to it.
public sealed partial class LockHolder
{
    private const int FirstCapacity = 8;

    [ThreadStatic]
    private static LockHolder? t_recent;

    private HeldEntry[] _entries = new HeldEntry[FirstCapacity];
    private int _depth;
    private int _pinned;

    // The first entry once more, for the first lock of all is the one that must cost least. No map: nothing settled stands there.
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

    // A thread that has any has a recent one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static LockHolder? CurrentIfAny(IHeldListOwner owner)
    {
        LockHolder? recent = t_recent;
        return recent is null || ReferenceEquals(recent.Owner, owner) ? recent : FindOther(owner);
    }

    /// <summary>
    /// Whether <see cref="TryPushKnown"/> would push at once. For a wait that was judged here before this is all there is to say.
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

    /// <summary>Pushes when this thread has been exactly here before: no shared write, no allocation.</summary>
    /// <remarks>
    /// Most often it took the very same lock here last time. What was found out then still stands above the depth, so that comparing it and
    /// counting is all. Writing an entry wipes out the one above it: what stands there was found out above what is below it now.
    /// A map's part of the key is never used twice, so that the map itself need not be compared.
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

    /// <summary>Pops the map when it is on top and nothing is pinned, which is nearly always. It stays in its place, for it will likely be back.</summary>
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

    /// <summary>The same for an object that is no map; it is forgotten at once, so that it can be collected.</summary>
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

    /// <summary>Pops what is on top and was only waited for, so that it is not held. Where something below is pinned the cheap ways decline.</summary>
    internal void PopPassing(object instance)
    {
        if (!(instance is LockMap map ? TryPopTop(map) : TryPopForeign(instance)))
        {
            RemoveAt(_depth - 1);
        }
    }

    internal ulong KeyFor(ulong own) => ChainKey.Mix(TopKey ^ _stamp, own);

    /// <summary>The innermost hold of the lock, or -1.</summary>
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
