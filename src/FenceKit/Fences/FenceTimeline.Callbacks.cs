// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Diagnostics;

namespace FenceKit;

// The list of waiting callbacks: doubly linked through the nodes, sorted by point, first come first served within a point.
public partial class FenceTimeline
{
    private static long s_callbackFaults;

    private FenceCallback? _first; // under the gate
    private FenceCallback? _last;  // under the gate

    /// <summary>
    /// Raised when a callback (or an inline continuation) throws, on the signaler's thread, under no lock. What a handler throws is swallowed.
    /// </summary>
    public static event EventHandler<FenceCallbackFaultedEventArgs>? CallbackFaulted;

    /// <summary>How many callbacks have thrown since the process started, whether or not anybody listened.</summary>
    public static long CallbackFaults => Volatile.Read(ref s_callbackFaults);

    internal bool TryAdd(FenceCallback callback, ulong target)
    {
        if (TimelineState.HasReached(Volatile.Read(ref _state), target))
        {
            return false;
        }

        if (target > Volatile.Read(ref _armedTarget))
        {
            // Before the callback is in the list: if the driver finds that the point is complete, the adder hears it as false, and its
            // callback does not run inside its own add.
            EnableSignaling(target);
        }

        long before = callback.BeginArming();
        ulong state = EnterGate();
        if (TimelineState.HasReached(state, target))
        {
            LeaveGate(state);
            callback.CancelArming(before);
            return false;
        }

        callback.Timeline = this;
        callback.Target = target;
        Insert(callback);
        callback.MarkQueued();
        LeaveGate(state);
        return true;
    }

    internal FenceCallbackRemoval TryRemove(FenceCallback callback, ulong target)
    {
        if (!TimelineState.HasWaiters(Volatile.Read(ref _state)))
        {
            // An adder sets the waiters bit when it leaves the gate, and only a signaler or a remover clears it: nobody waits here now.
            return IsFor(callback, target) ? callback.DescribeAbsence() : FenceCallbackRemoval.NotAdded;
        }

        ulong state = EnterGate();

        // The word first: Timeline becomes this one only under our gate, so a node that was queued before and is ours now is queued here.
        // The other way round it may have run and entered another timeline's list between the two reads.
        bool removed = FenceCallback.IsQueuedWord(callback.Word) && IsFor(callback, target);
        if (removed)
        {
            Unlink(callback);
            callback.MarkRemoved();
        }

        LeaveGate(state);
        return removed ? FenceCallbackRemoval.Removed
            : IsFor(callback, target) ? callback.DescribeAbsence()
            : FenceCallbackRemoval.NotAdded;
    }

    /// <summary>Removes the callback only if it is still in the round that <paramref name="word"/> was read in: for late timers and tokens.</summary>
    internal bool TryRemoveRound(FenceCallback callback, long word)
    {
        ulong state = EnterGate();
        bool removed = ReferenceEquals(callback.Timeline, this) && callback.IsStillQueued(word);
        if (removed)
        {
            Unlink(callback);
            callback.MarkRemoved();
        }

        LeaveGate(state);
        return removed;
    }

    internal static void ReportCallbackFault(FenceCallback callback, FenceTimeline timeline, ulong point, Exception exception)
    {
        Interlocked.Increment(ref s_callbackFaults);
        FenceKitEventSource.Log.CallbackFaulted(timeline.Name, point, exception);
        FenceCallbackFaultedEventArgs arguments = new(callback, timeline.Name, point, exception);
        foreach (EventHandler<FenceCallbackFaultedEventArgs> handler in Delegate.EnumerateInvocationList(CallbackFaulted))
        {
            try
            {
                handler(timeline, arguments);
            }
            catch (Exception handlerException)
            {
                // A handler must stop neither the other handlers nor the other callbacks; the counter already has the first fault.
                FenceKitEventSource.Log.CallbackFaulted(timeline.Name, point, handlerException);
            }
        }
    }

    private bool IsFor(FenceCallback callback, ulong target) => ReferenceEquals(callback.Timeline, this) && callback.Target == target;

    /// <summary>
    /// Under the gate. Constant time for the two common orders, points that rise (appended) and points that fall (prepended);
    /// otherwise walks back over the callbacks of later points.
    /// </summary>
    private void Insert(FenceCallback callback)
    {
        FenceCallback? before = _last;
        if (_first is not null && callback.Target < _first.Target)
        {
            before = null;
        }

        while (before is not null && before.Target > callback.Target)
        {
            before = before.Previous;
        }

        FenceCallback? after = before is null ? _first : before.Next;
        callback.Previous = before;
        callback.Next = after;
        if (before is null)
        {
            _first = callback;
        }
        else
        {
            before.Next = callback;
        }

        if (after is null)
        {
            _last = callback;
        }
        else
        {
            after.Previous = callback;
        }
    }

    /// <summary>Under the gate.</summary>
    private void Unlink(FenceCallback callback)
    {
        if (callback.Previous is null)
        {
            _first = callback.Next;
        }
        else
        {
            callback.Previous.Next = callback.Next;
        }

        if (callback.Next is null)
        {
            _last = callback.Previous;
        }
        else
        {
            callback.Next.Previous = callback.Previous;
        }

        callback.Previous = null;
        callback.Next = null;
    }

    /// <summary>Under the gate: cuts off the callbacks up to a point and fixes their outcome. They stay linked through Next.</summary>
    private FenceCallback? DetachUpTo(ulong target, FenceStatus status, Exception? error)
    {
        FenceCallback? batch = _first;
        FenceCallback? last = null;
        for (FenceCallback? node = batch; node is not null && node.Target <= target; node = node.Next)
        {
            node.MarkDetached(status, error);
            last = node;
        }

        if (last is null)
        {
            return null;
        }

        _first = last.Next;
        if (_first is null)
        {
            _last = null;
        }
        else
        {
            _first.Previous = null;
        }

        last.Next = null;
        return batch;
    }

    private static void RunAll(FenceCallback? batch)
    {
        FenceHandOff handOff = default;
        while (batch is not null)
        {
            // Read the link first: once it runs, the node belongs to its owner again.
            FenceCallback? next = batch.Next;
            batch.Next = null;
            batch.Previous = null;
            batch.Run(ref handOff);
            batch = next;
        }

        handOff.Flush();
    }

    [Conditional("DEBUG")]
    private void AssertInvariants(ulong state)
    {
        Debug.Assert((_first is null) == (_last is null), "The list has both ends or neither.");
        FenceCallback? previous = null;
        for (FenceCallback? node = _first; node is not null; node = node.Next)
        {
            Debug.Assert(ReferenceEquals(node.Previous, previous), "The backward link leads to the node before.");
            Debug.Assert(previous is null || previous.Target <= node.Target, "The list is sorted by point.");
            Debug.Assert(!TimelineState.HasReached(state & ~TimelineState.Flags, node.Target), "No callback waits for a completed point.");
            Debug.Assert(FenceCallback.IsQueuedWord(node.Word), "Every node in the list is queued.");
            previous = node;
        }

        Debug.Assert(ReferenceEquals(_last, previous), "The last node ends the list.");
    }
}
