// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Publishes a mapping in such a way that a schedule comes either wholly before it or wholly after it.
public sealed partial class InvalidationSubscription
{
    private readonly Lock _publishLock = new();
    private int _publishers; // the number of threads that hold the lock or wait for it

    /// <summary>
    /// Opens a scope in which a mapping may be published: while it is open, this subscription's callback is delayed. For mappings that have
    /// no lock of their own; those that have one use <see cref="MustRetry"/> under it.
    /// </summary>
    /// <param name="sequence">A sequence of this subscription, taken before the mapping was built.</param>
    /// <param name="scope">The scope; dispose it right after the mapping is stored.</param>
    /// <returns>False when the range was invalidated in the meantime: publish nothing and start again.</returns>
    /// <remarks>
    /// <para>Inside the scope only store the mapping: <b>no waiting, no lock, no allocation</b>. A schedule may be waiting for it.
    /// Publishers of one subscription take turns. Allocates nothing.</para>
    /// <code>
    /// if (subscription.TryPopulate(sequence, out PopulateScope scope))
    ///     using (scope)
    ///         table[page] = mapping;
    /// </code>
    /// </remarks>
    /// <exception cref="ArgumentException">The sequence is empty or of another subscription.</exception>
    public bool TryPopulate(InvalidationSequence sequence, out PopulateScope scope)
    {
        CheckOwn(sequence);
        FenceContract.EnterLock(_contract?.Publishing);

        // Announce first, read the ledger second, with a full fence in between (Interlocked), because of this pair:
        //
        //   publisher                           schedule
        //   ---------                           --------
        //   _publishers++            (store)    sequence = n + 1        (store, InvalidationLedger.BeginLocked)
        //   full fence                          full fence              (InvalidationNotifier.TryBegin)
        //   sequence == mine?        (load)     _publishers != 0?       (load, SpinForPublishers)
        //
        // At least one of them sees the other: either this thread retries, or the schedule waits for the scope to close.
        Interlocked.Increment(ref _publishers);
        _publishLock.EnterShielded();
        if (IsDisposed || _ledger.MustRetry(sequence.Range, sequence.Number))
        {
            EndPublishing();
            scope = default;
            return false;
        }

        // No need to read the ledger again: a schedule that has not seen this publication waits for the scope to close, and sees it then.
        _attempts?.NotePublication(sequence.Range);
        scope = new PopulateScope(this);
        return true;
    }

    internal void EndPublishing()
    {
        _publishLock.Exit();
        Interlocked.Decrement(ref _publishers);
        FenceContract.LeaveLock(_contract?.Publishing);
    }

    /// <summary>Returns once every scope that was opened before the ledger changed is closed.</summary>
    private void SpinForPublishers(bool evenIfNone)
    {
        FenceContract.SpinForPublishers(_contract?.Publishing);
        if (evenIfNone || Volatile.Read(ref _publishers) != 0) // pairs with the increment in TryPopulate
        {
            WaitForOpenScopes();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitForOpenScopes()
    {
        if (_publishLock.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException(
                $"A range of the subscription '{Name}' is being invalidated from inside its own {nameof(PopulateScope)}.");
        }

        // Scopes that open after this lock is released read the ledger after the change, so there is no need to wait for them.
        _publishLock.EnterShielded();
        _publishLock.Exit();
    }
}
