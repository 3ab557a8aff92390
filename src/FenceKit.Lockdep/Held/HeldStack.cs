// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Held;

/// <summary>One lock that a thread holds.</summary>
internal struct HeldEntry
{
    /// <summary>What <c>Release</c> is called with: the <see cref="LockMap"/>, or the foreign object itself.</summary>
    public object? Instance;
    public ChainRecord Record;

    /// <summary>The key of the chain below it, so that letting go restores it without a look at the entry below.</summary>
    public ulong KeyBelow;
    public ulong Own;
    public long Pins;
}

/// <summary>What one thread holds, for one validator. Only its own thread writes to it.</summary>
internal sealed partial class HeldStack : LockHolder
{
    private const int FirstCapacity = 8;

    [ThreadStatic]
    private static HeldStack? t_recent;

    private HeldEntry[] _entries = new HeldEntry[FirstCapacity];
    private int _depth;
    private ulong _topKey;
    private ulong _state;

    private HeldStack(LockValidator validator)
    {
        Validator = validator;
        Thread = Thread.CurrentThread;
        _slots = _known;
    }

    public LockValidator Validator { get; }

    internal override Thread Thread { get; }

    internal override int Depth => _depth;

    public ReadOnlySpan<HeldEntry> Entries => _entries.AsSpan(0, _depth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HeldStack Current(LockValidator validator)
    {
        HeldStack? recent = t_recent;
        return recent is not null && ReferenceEquals(recent.Validator, validator) ? recent : Find(validator);
    }

    public static HeldStack? CurrentIfAny(LockValidator validator)
        => t_recent is { } recent && ReferenceEquals(recent.Validator, validator) ? recent : FindOther(validator);

    /// <summary>Pushes when this thread has been exactly here before: no shared write, no allocation, no call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPushKnown(object instance, ulong own, object? siteToken, ulong seed)
    {
        HeldEntry[] entries = _entries;
        int depth = _depth;
        ulong below = _topKey;
        ulong key = ChainKey.Mix(below ^ _state ^ seed, own);
        Slot[] slots = _slots;
        ref Slot slot = ref slots[(int)(key >> 7) & (slots.Length - 1)];
        if (slot.Key != key || !ReferenceEquals(slot.SiteToken, siteToken) || (uint)depth >= (uint)entries.Length)
        {
            return false;
        }

        ref HeldEntry entry = ref entries[depth];

        // Often the same lock was here last: comparing is cheaper than the write barrier of storing.
        if (!ReferenceEquals(entry.Instance, instance))
        {
            entry.Instance = instance;
        }

        if (!ReferenceEquals(entry.Record, slot.Record))
        {
            entry.Record = slot.Record!;
        }

        entry.KeyBelow = below;
        entry.Own = own;
        _topKey = key;
        _depth = depth + 1;
        return true;
    }

    /// <summary>
    /// Pops the lock when it is on top and not pinned, which is nearly always. Foreign objects are forgotten at once, so that they can be
    /// collected; a map may stay in its place, for it is small and will likely be back.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPopTop(object instance, bool forget)
    {
        HeldEntry[] entries = _entries;
        int top = _depth - 1;
        if ((uint)top >= (uint)entries.Length)
        {
            return false;
        }

        ref HeldEntry entry = ref entries[top];
        if (!ReferenceEquals(entry.Instance, instance) || entry.Pins != 0)
        {
            return false;
        }

        if (forget)
        {
            entry.Instance = null;
        }

        _topKey = entry.KeyBelow;
        _depth = top;
        return true;
    }

    public ulong KeyFor(ulong own, ulong seed) => ChainKey.Mix(_topKey ^ _state ^ seed, own);

    public void Push(object instance, ChainRecord record, ulong own, ulong seed)
    {
        if (_depth == _entries.Length)
        {
            Array.Resize(ref _entries, _depth * 2);
        }

        _entries[_depth] = new HeldEntry { Instance = instance, Record = record, KeyBelow = _topKey, Own = own };
        _topKey = KeyFor(own, seed);
        _depth++;
    }

    /// <summary>Takes out one entry and gives those above it the keys of their new chain.</summary>
    public void RemoveAt(int index, ulong seed)
    {
        ulong below = _entries[index].KeyBelow;
        Array.Copy(_entries, index + 1, _entries, index, _depth - index - 1);
        _depth--;
        _entries[_depth] = default;
        Rekey(index, below, seed);
    }

    public void Replace(int index, ChainRecord record, ulong own, ulong seed)
    {
        _entries[index].Record = record;
        _entries[index].Own = own;
        Rekey(index, _entries[index].KeyBelow, seed);
    }

    public void AddPins(int index, long cookie) => _entries[index].Pins += cookie;

    public void ClearPins(int index) => _entries[index].Pins = 0;

    /// <summary>The innermost hold of the lock, or -1.</summary>
    public int IndexOf(object instance)
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

    /// <summary>
    /// What is held, for whoever asks, from whatever thread. Our thread writes without regard to others, so a copy counts only if nothing
    /// moved meanwhile: each look has the same depth and key. A thread that hangs does not move.
    /// </summary>
    public HeldEntry[] CopyEntries()
    {
        HeldEntry[] none = [];
        HeldEntry[] entries = Volatile.Read(ref _entries);
        int depth = Volatile.Read(ref _depth);
        ulong key = Volatile.Read(ref _topKey);
        if ((uint)depth > (uint)entries.Length)
        {
            return none;
        }

        HeldEntry[] copy = entries.AsSpan(0, depth).ToArray();
        Interlocked.MemoryBarrier(); // the copy above must not sink below the second look
        bool isStill = ReferenceEquals(Volatile.Read(ref _entries), entries) && Volatile.Read(ref _depth) == depth && Volatile.Read(ref _topKey) == key;
        return isStill && Array.TrueForAll(copy, static entry => entry.Instance is not null && entry.Record is not null) ? copy : none;
    }

    private void Rekey(int from, ulong below, ulong seed)
    {
        _topKey = below;
        for (int i = from; i < _depth; i++)
        {
            _entries[i].KeyBelow = _topKey;
            _topKey = KeyFor(_entries[i].Own, seed);
        }
    }
}
