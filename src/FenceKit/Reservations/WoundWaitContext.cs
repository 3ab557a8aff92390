// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// One attempt to hold several locks of a class at once. Its age is its ticket, which it keeps through every back-off: so it becomes the
/// oldest in the end, and succeeds. Modeled on the kernel's ww_acquire_ctx.
/// </summary>
/// <remarks>
/// <b>Thread safety</b>: one thread (or async flow) at a time; it may move between threads at an await. <b>Allocates</b>: the constructor.
/// </remarks>
[DebuggerDisplay("{Class.Name,nq} #{Ticket}: {HeldLocks} held")]
public sealed partial class WoundWaitContext : IDisposable
{
    private int _held;
    private WoundWaitLock? _lastTaken; // the head of the list of held locks, linked through TakenBefore and TakenAfter; only this context writes the links
    private int _wounded; // 1: an older context waits for a lock that this one holds
    private bool _done;
    private bool _disposed;

    /// <summary>Begins an attempt, and draws its ticket.</summary>
    /// <param name="lockClass">The class of the locks.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public WoundWaitContext(WoundWaitClass lockClass)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        Class = lockClass;
        Ticket = lockClass.NextTicket();
        ContractMap = FenceContract.SetContextMap(lockClass.Name);
        Waiter = new WoundWaiter(this);
    }

    /// <summary>The class of the locks.</summary>
    public WoundWaitClass Class { get; }

    /// <summary>The age of the context: a lower ticket is older, and wins.</summary>
    public ulong Ticket { get; private set; }

    /// <summary>The number of locks that the context holds.</summary>
    public int HeldLocks => Volatile.Read(ref _held);

    /// <summary>The lock to take first after a back-off; null when no back-off is due.</summary>
    public WoundWaitLock? ContendedLock { get; internal set; }

    /// <summary>The queue node of the context; one is enough, since a context waits for one lock at a time.</summary>
    internal WoundWaiter Waiter { get; }

    /// <summary>Whether the context must back off: it was wounded, and it still holds locks.</summary>
    internal bool MustGiveWay => Volatile.Read(ref _wounded) != 0 && HeldLocks > 0;

    /// <summary>
    /// Declares that all locks are taken: taking another one is an error until all of them are unlocked. Modeled on the kernel's
    /// ww_acquire_done.
    /// </summary>
    /// <exception cref="InvalidOperationException">A back-off is due, or the method was called before.</exception>
    public void Done()
    {
        CheckUsable();
        if (ContendedLock is not null)
        {
            throw Broken($"{this} was told to back off and has not got through yet.");
        }

        if (_done)
        {
            throw Broken($"{this} says Done() twice.");
        }

        _done = true;
    }

    /// <summary>Ends the attempt. Locks that the context still holds are unlocked, as when an exception leaves a lock statement.</summary>
    /// <remarks>
    /// Continuations that wait for these locks may run on this thread. While the contract is checked, disposing a context that holds locks is
    /// reported: the protected state may be half changed.
    /// </remarks>
    public void Dispose()
    {
        try
        {
            if (HeldLocks > 0 && !_disposed)
            {
                FenceContract.ReportProtocol(ContractMap, $"{this} ends while it holds {HeldLocks} locks. Unlock them first.");
            }
        }
        finally
        {
            UnlockAll();
            _disposed = true;
        }
    }

    /// <summary>Unlocks all held locks, the last one first.</summary>
    internal void UnlockAll()
    {
        while (_lastTaken is { } held)
        {
            held.Unlock(this);
        }
    }

    /// <summary>Describes the context by class and ticket.</summary>
    /// <returns>A text for errors and the debugger.</returns>
    public override string ToString() => $"The context {Class.Name} #{Ticket}";

    /// <summary>
    /// Begins another attempt with a new ticket, for a lock set that reuses its context. The context neither holds nor waits for a lock, so
    /// no other context reads the ticket; a late wake-up from the last attempt is only spurious.
    /// </summary>
    internal void Renew()
    {
        Debug.Assert(HeldLocks == 0, "An attempt ends when nothing is held.");
        Ticket = Class.NextTicket();
        ContendedLock = null;
        Volatile.Write(ref _wounded, 0);
        _done = false;
        _disposed = false;
    }

    internal bool IsOlderThan(WoundWaitContext other) => Ticket < other.Ticket;

    internal void CheckUsable()
    {
        if (_disposed)
        {
            FenceContract.ReportProtocol(ContractMap, $"{this} is used after its end.");
            throw new ObjectDisposedException(GetType().FullName);
        }
    }

    internal void CheckMayLock(WoundWaitLock target, bool slow)
    {
        CheckUsable();
        if (!ReferenceEquals(target.Class, Class))
        {
            string message = $"{this} cannot take a lock of the class {target.Class.Name}.";
            FenceContract.ReportProtocol(ContractMap, message);
            throw new ArgumentException(message, nameof(target));
        }

        if (_done)
        {
            throw Broken($"{this} takes another lock after Done().");
        }

        bool isContended = ReferenceEquals(ContendedLock, target);
        if (slow && !isContended)
        {
            throw Broken($"{this} takes a lock by the slow path that it was not told to back off from.");
        }

        if (ContendedLock is not null && HeldLocks > 0)
        {
            throw Broken($"{this} was told to back off and still holds {HeldLocks} locks. Unlock them first.");
        }

        if (ContendedLock is not null && !isContended)
        {
            throw Broken($"{this} was told to back off. Take the contended lock before any other.");
        }
    }

    /// <summary>
    /// Called by an older context under the spinning lock of a lock that this context holds, so the mark cannot come after the context has
    /// released everything. The older context calls Wake when it has left the spinning lock.
    /// </summary>
    internal void Wound() => Interlocked.Exchange(ref _wounded, 1); // full fence; pairs with WoundWaiter.Prepare, then MustGiveWay

    internal void OnAcquired(WoundWaitLock taken)
    {
        taken.TakenBefore = _lastTaken;
        _lastTaken?.TakenAfter = taken;
        _lastTaken = taken;
        ContendedLock = null;
        Volatile.Write(ref _held, _held + 1);
    }

    internal void OnReleased(WoundWaitLock released)
    {
        WoundWaitLock? before = released.TakenBefore;
        WoundWaitLock? after = released.TakenAfter;
        released.TakenBefore = null;
        released.TakenAfter = null;
        before?.TakenAfter = after;
        (after is null ? ref _lastTaken : ref after.TakenBefore) = before;
        Volatile.Write(ref _held, _held - 1);
        if (_held == 0)
        {
            _done = false;
            Volatile.Write(ref _wounded, 0); // no context can wait for this one any longer
        }
    }
}
