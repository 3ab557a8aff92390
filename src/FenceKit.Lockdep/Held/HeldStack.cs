// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Held;

/// <summary>One lock that a thread holds.</summary>
internal struct HeldEntry
{
    /// <summary>What <c>Release</c> is called with: the <see cref="LockMap"/>, or the foreign object itself.</summary>
    public object? Instance;
    public ChainRecord Record;
    public ulong Key;
    public ulong Own;
    public long Pins;
}

/// <summary>What one thread holds, for one validator. Only its own thread writes to it.</summary>
internal sealed partial class HeldStack
{
    private const int FirstCapacity = 8;

    [ThreadStatic]
    private static HeldStack? t_recent;

    private HeldEntry[] _entries = new HeldEntry[FirstCapacity];
    private int _depth;
    private ulong _state;

    private HeldStack(LockValidator validator)
    {
        Validator = validator;
        Thread = Thread.CurrentThread;
    }

    public LockValidator Validator { get; }

    public Thread Thread { get; }

    public int Depth => _depth;

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
        ulong parent = (uint)(depth - 1) < (uint)entries.Length ? entries[depth - 1].Key : seed;
        ulong key = ChainKey.Mix(parent ^ _state, own);
        Slot[] slots = _slots;
        ref Slot slot = ref slots[(int)(key >> 7) & (slots.Length - 1)];
        if (slot.Key != key || !ReferenceEquals(slot.SiteToken, siteToken) || (uint)depth >= (uint)entries.Length)
        {
            return false;
        }

        ref HeldEntry entry = ref entries[depth];
        entry.Instance = instance;
        entry.Record = slot.Record!;
        entry.Key = key;
        entry.Own = own;
        _depth = depth + 1;
        return true;
    }

    /// <summary>Pops the lock when it is on top and not pinned, which is nearly always.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPopTop(object instance)
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

        entry.Instance = null;
        _depth = top;
        return true;
    }

    public ulong KeyFor(ulong own, ulong seed) => KeyAt(_depth, own, seed);

    public void Push(object instance, ChainRecord record, ulong own, ulong seed)
    {
        if (_depth == _entries.Length)
        {
            Array.Resize(ref _entries, _depth * 2);
        }

        _entries[_depth] = new HeldEntry { Instance = instance, Record = record, Key = KeyFor(own, seed), Own = own };
        _depth++;
    }

    /// <summary>Takes out one entry and gives those above it the keys of their new chain.</summary>
    public void RemoveAt(int index, ulong seed)
    {
        for (int i = index; i < _depth - 1; i++)
        {
            _entries[i] = _entries[i + 1];
        }

        _depth--;
        _entries[_depth] = default;
        Rekey(index, seed);
    }

    public void Replace(int index, ChainRecord record, ulong own, ulong seed)
    {
        _entries[index].Record = record;
        _entries[index].Own = own;
        Rekey(index, seed);
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

    private void Rekey(int from, ulong seed)
    {
        for (int i = from; i < _depth; i++)
        {
            _entries[i].Key = KeyAt(i, _entries[i].Own, seed);
        }
    }

    private ulong KeyAt(int index, ulong own, ulong seed) => ChainKey.Mix((index == 0 ? seed : _entries[index - 1].Key) ^ _state, own);
}
