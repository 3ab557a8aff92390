// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Lets readers look at something without a lock while one writer at a time changes it: a version that is odd meanwhile. As seqcount of Linux.
/// </summary>
/// <remarks>
/// <code>
/// writer (under a lock of its owner's)   reader
/// ------------------------------------   ------------------------------------
/// version = odd              (store)     version is even?             (load, acquire)
/// write barrier                          look at the data             (loads)
/// change the data           (stores)     read barrier
/// write barrier                          version as before?           (load)
/// version = even             (store)
/// </code>
/// A reader that has seen any of a change sees the odd version, or a later one, at its second look, and throws away what it has seen. What it
/// sees in between may be torn: it must not follow references that may be null by then, nor loop for ever. A field that is not readonly; a copy
/// is another one.
/// </remarks>
internal struct SequenceLock
{
    private int _version; // comes round after two thousand million changes: more than fall into one look

    /// <summary>Under the owner's lock, before the first store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void BeginWrite()
    {
        _version++; // a plain store: nobody else writes, and the barrier orders it
        Volatile.WriteBarrier(); // the odd version before any of the change; pairs with the barrier in IsUnchanged
    }

    /// <summary>Ends a change, after its last store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndWrite()
    {
        Volatile.WriteBarrier(); // the whole change before the even version; pairs with the acquire in TryBeginRead
        _version++;
    }

    /// <summary>Begins a read, before its first load.</summary>
    /// <param name="version">For <see cref="IsUnchanged"/>.</param>
    /// <returns>False while something is being changed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool TryBeginRead(out int version)
    {
        version = Volatile.Read(in _version); // an acquire; pairs with EndWrite
        return (version & 1) == 0;
    }

    /// <summary>Begins a read once nothing is being changed. A change is a few instructions long.</summary>
    internal readonly int BeginRead()
    {
        SpinBackoff backoff = default;
        int version;
        while (!TryBeginRead(out version))
        {
            backoff.Once();
        }

        return version;
    }

    /// <summary>Whether all that was read since the version was taken is of one moment. Called after the last load.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool IsUnchanged(int version)
    {
        Volatile.ReadBarrier(); // the loads above must not sink below the second look; pairs with BeginWrite
        return Volatile.Read(in _version) == version;
    }
}
