// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// The slot in which one reader announces that it is inside: one per thread and gate, or one per asynchronous lease. Its words share a
/// cache line that only the reader writes, except when an invalidation finds it inside.
/// </summary>
/// <remarks>
/// <para>A reader uses no interlocked operation and no barrier. Each of its two steps is a store followed by a load of another word, which
/// a processor may reorder. The barrier that prevents this is on the side of the invalidation alone, and works on all processors at once
/// (<see cref="Interlocked.MemoryBarrierProcessWide"/>).</para>
/// <code>
/// enter   reader                                      invalidation
///         ------                                      ------------
///         Depth = 1                (release store)    Active = n + 1           (store, InvalidationLedger.BeginLocked)
///         (nothing)                                   MemoryBarrierProcessWide (InvalidationSessionState.ScanReaders)
///         Active != 0?             (acquire load)     Depth != 0?              (acquire load, ReaderRoster.Scan)
/// </code>
/// At some moment inside the barrier every processor drains its store buffer. If the reader's store comes before that, the scan sees
/// Depth = 1 and the session waits for the reader. If it comes after, so does the load: the reader sees Active != 0 and asks the ledger.
/// <code>
/// leave   reader                                      invalidation
///         ------                                      ------------
///         last reads of the memory                    Alert + 1                (under the roster's lock, ReaderRoster.BeginScan)
///         Depth = 0                (release store)    MemoryBarrierProcessWide
///         (nothing)                                   [ Depth != 0?            (acquire load, ReaderRoster.Scan)
///         Alert != 0?              (acquire load)       Owed = point, Alert + 1 ]
///                                                     Alert - 1                (all of it under the lock)
/// </code>
/// <para>If the scan sees Depth = 0, the reads of the memory came before (release, acquire), and the owner may unmap. If it sees Depth !=
/// 0, the store of 0 comes after the barrier, and so does the load after it: the load sees an Alert that was raised before the barrier and
/// stays up until the reader has signaled what it owes. So the reader takes the roster's lock, finds the point that it owes, and signals
/// the fence itself if it was the last. No other thread has to help. A reader that no session waits for pays two stores and two loads of
/// its own cache line, and one load of <see cref="ReaderSignals.Active"/>.</para>
/// </remarks>
internal sealed class ReaderSlot
{
    private readonly WeakReference<ReaderRoster> _roster;
    private Words _words;
    private ReaderSignals _signals;

    /// <summary>Creates a slot in the table of a thread or, without a table, for an asynchronous lease.</summary>
    internal ReaderSlot(ReaderRoster roster, ReaderSignals signals, ThreadSlots? table, string holder)
    {
        _roster = roster.WeakSelf;
        Owner = roster.Number;
        ContractMap = roster.ContractMap;
        _signals = signals;
        Table = table;
        Holder = holder;
    }

    /// <summary>
    /// The number of the roster. Threads find their slot by this number and keep the slot, so the slot must not keep the roster alive, nor
    /// the gate and its owner's objects. No session waits for a roster that was collected.
    /// </summary>
    internal long Owner { get; }

    /// <summary>The validator's map of the readers; null when the contract is not checked.</summary>
    internal object? ContractMap { get; }

    /// <summary>The table in which the thread finds its slot; null for an asynchronous lease.</summary>
    internal ThreadSlots? Table { get; }

    /// <summary>The thread that uses the slot; null for an asynchronous lease.</summary>
    internal Thread? Thread => Table?.Thread;

    /// <summary>The name of the reader, for people. Written under the roster's lock.</summary>
    internal string Holder { get; set; }

    /// <summary>The time at which a scan first found the reader inside. Under the roster's lock.</summary>
    internal long OwedSince { get; set; }

    /// <summary>How many times the reader has entered without leaving. Written by the reader only.</summary>
    internal ref int Depth => ref _words.Depth;

    /// <summary>The number of scans in progress, plus one while the reader owes a point. Written under the roster's lock.</summary>
    internal ref int Alert => ref _words.Alert;

    /// <summary>The oldest point of the roster's timeline that waits for this reader; 0 for none. Written under the roster's lock.</summary>
    internal ref ulong Owed => ref _words.Owed;

    /// <summary>
    /// If the reader entered while other ranges were being invalidated: the number of the last invalidation that had begun then. Open
    /// invalidations up to this number do not wait for the reader, so a nested enter has to check its range against them. Once none of them
    /// is open the number has no meaning, and it need not be reset. Used by the reader only.
    /// </summary>
    internal ulong EnteredAmong
    {
        get => _words.EnteredAmong;
        set => _words.EnteredAmong = value;
    }

    /// <summary>The number of the lease that has the slot, so that a second dispose of an old lease does nothing.</summary>
    internal ref long Lease => ref _words.Lease;

    /// <summary>Announces the reader. When the result is false, the reader has to ask the ledger before it may continue.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnterQuickly()
    {
        int depth = Volatile.Read(ref _words.Depth);
        Volatile.Write(ref _words.Depth, depth + 1);
        return (depth | Volatile.Read(ref Volatile.Read(ref _signals).Active)) == 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Leave()
    {
        Volatile.Write(ref _words.Depth, Volatile.Read(ref _words.Depth) - 1);
        if (Volatile.Read(ref _words.Alert) != 0)
        {
            LeaveSlowly();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LeaveSlowly()
    {
        if (_roster.TryGetTarget(out ReaderRoster? roster))
        {
            roster.LeaveSlowly(this);
        }
    }

    /// <summary>Leaves, and tells the validator.</summary>
    internal void LeaveChecked()
    {
        if (Volatile.Read(ref _words.Depth) == 1)
        {
            FenceContract.LeaveLock(ContractMap);
        }

        Leave();
    }

    /// <summary>Returns the slot of a lease that has left.</summary>
    internal void ReturnLease()
    {
        if (_roster.TryGetTarget(out ReaderRoster? roster))
        {
            roster.ReturnLease(this);
        }
    }

    /// <summary>The thread that entered has ended. Called on the finalizer's thread.</summary>
    internal void ThreadEnded()
    {
        if (_roster.TryGetTarget(out ReaderRoster? roster))
        {
            roster.ThreadEnded(this);
        }
    }

    /// <summary>
    /// Makes every enter take the slow path; every leave takes it because the roster keeps the alert up. The caller issues a process-wide
    /// barrier.
    /// </summary>
    internal void Close() => Volatile.Write(ref _signals, ReaderSignals.Closed);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Words
    {
        [FieldOffset(128)]
        public int Depth;

        [FieldOffset(132)]
        public int Alert;

        [FieldOffset(136)]
        public ulong Owed;

        [FieldOffset(144)]
        public ulong EnteredAmong;

        [FieldOffset(152)]
        public long Lease;
    }
}
