// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// One attempt to hold several locks of a class at once. Its ticket is its age: it keeps it through every back-off, so it gets older
/// among the others and through in the end. As ww_acquire_ctx.
/// </summary>
/// <remarks>
/// <b>Thread safety</b>: one thread (or async flow) at a time; it may move between threads at an await. <b>Allocates</b>: the constructor.
/// </remarks>
[DebuggerDisplay("{Class.Name,nq} #{Ticket}: {HeldLocks} held")]
public sealed partial class WoundWaitContext : IDisposable
{
    private int _held;
    private WoundWaitLock? _lastTaken; // of those that it holds: a list through the locks themselves, the context's own to write
    private int _wounded; // 1: an older context wants what we hold
    private bool _done;
    private bool _disposed;

    /// <summary>Begins an attempt. Its age counts from here.</summary>
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

    /// <summary>The age: lower is older, and wins.</summary>
    public ulong Ticket { get; private set; }

    /// <summary>How many locks the context holds.</summary>
    public int HeldLocks => Volatile.Read(ref _held);

    /// <summary>The lock to take first after a back-off; null when none is due.</summary>
    public WoundWaitLock? ContendedLock { get; internal set; }

    /// <summary>A context waits for one lock at a time, so it has one node.</summary>
    internal WoundWaiter Waiter { get; }

    /// <summary>An older context wants what we hold, and we hold something to give way with.</summary>
    internal bool MustGiveWay => Volatile.Read(ref _wounded) != 0 && HeldLocks > 0;

    /// <summary>Says that all locks are taken: from here on another one is an error, until they are unlocked. As ww_acquire_done.</summary>
    /// <exception cref="InvalidOperationException">A back-off is due, or it was said before.</exception>
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

    /// <summary>Ends the attempt. What the context still holds is unlocked, as at the end of a lock statement that an exception leaves.</summary>
    /// <remarks>
    /// Continuations of those who waited for these locks may run on this thread. While the contract is checked, a context that ends with locks is
    /// reported: what they protect may be half changed.
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

    /// <summary>The last one first.</summary>
    internal void UnlockAll()
    {
        while (_lastTaken is { } held)
        {
            held.Unlock(this);
        }
    }

    /// <summary>Class and ticket.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => $"The context {Class.Name} #{Ticket}";

    /// <summary>
    /// Begins another attempt, as a new context would: for a set of locks, which keeps its context. Nothing is held and nothing waited for, so
    /// no other context looks at the ticket; a wake-up that comes late is one too many, and no more.
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
    /// By an older context, under the spinning lock of a lock that this context holds: so it still holds that one, and the mark is not one of a turn that is over. The
    /// older one wakes us when it has left the spinning lock.
    /// </summary>
    internal void Wound() => Interlocked.Exchange(ref _wounded, 1); // before the wake-up: pairs with WoundWaiter.Prepare, then MustGiveWay

    internal void OnAcquired(WoundWaitLock taken)
    {
        taken.TakenBefore = _lastTaken;
        if (_lastTaken is not null)
        {
            _lastTaken.TakenAfter = taken;
        }

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
        if (before is not null)
        {
            before.TakenAfter = after;
        }

        if (after is null)
        {
            _lastTaken = before;
        }
        else
        {
            after.TakenBefore = before;
        }

        Volatile.Write(ref _held, _held - 1);
        if (_held == 0)
        {
            _done = false;
            Volatile.Write(ref _wounded, 0); // there is nothing left that anybody could want from us
        }
    }
}
