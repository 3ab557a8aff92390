// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Lets readers read data consistently without a lock while one writer at a time changes it. The version is odd during a change. Modeled on
/// the kernel's seqcount.
/// </summary>
/// <remarks>
/// <code>
/// writer (under the owner's lock)        reader
/// ------------------------------------   ------------------------------------
/// version = odd              (store)     version is even?             (load, acquire)
/// write barrier                          read the data                (loads)
/// change the data           (stores)     read barrier
/// write barrier                          version unchanged?           (load)
/// version = even             (store)
/// </code>
/// A reader that has read any part of a change finds an odd or a later version at its second read of the version, and discards the data.
/// Until then the data may be torn: the reader must tolerate null references, and must not loop without bound. Declare it as a field that is
/// not readonly, and do not copy it.
/// </remarks>
internal struct SequenceLock
{
    private int _version; // wraps around only after 2 billion changes, far more than can happen during one read

    /// <summary>Begins a change, before its first store. Under the owner's lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void BeginWrite()
    {
        _version++; // a plain store: there is one writer, and the barrier orders it
        Volatile.WriteBarrier(); // the odd version is visible before the change; pairs with the barrier in IsUnchanged
    }

    /// <summary>Ends a change, after its last store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndWrite()
    {
        Volatile.WriteBarrier(); // the change is visible before the even version; pairs with the acquire in TryBeginRead
        _version++;
    }

    /// <summary>Begins a read, before its first load.</summary>
    /// <param name="version">The version, to be passed to <see cref="IsUnchanged"/>.</param>
    /// <returns>False while a change is under way.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool TryBeginRead(out int version)
    {
        version = Volatile.Read(in _version); // an acquire; pairs with EndWrite
        return (version & 1) == 0;
    }

    /// <summary>Begins a read, after waiting for a change that is under way, which takes a few instructions.</summary>
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

    /// <summary>
    /// Ends a read, after its last load. True when no change has begun since <paramref name="version"/> was read, so that the data is
    /// consistent.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool IsUnchanged(int version)
    {
        Volatile.ReadBarrier(); // the loads of the data come before the second read of the version; pairs with BeginWrite
        return Volatile.Read(in _version) == version;
    }
}
