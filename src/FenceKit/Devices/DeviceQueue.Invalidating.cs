// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// Letting go of memory. Start and schedule meet under the gate:
//
//   the pump starts a command on R                  invalidation of R
//   ------------------------------                  -----------------
//   [ gate:                                         enter R as active in the ledger
//     R active in the ledger? → wait for its end    call TrySchedule
//     otherwise mark the command as running ]       [ gate: which running commands use R? → the fence of the last ]
//
// If the pump does not see R active, the ledger changed after it looked, so the schedule comes after it and finds the command running.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly FenceTimeline _unmapsPending;
    private readonly PendingUnmap[]? _unmaps; // under the gate: the one with point p stands at p % Length; null when nothing is kept
    private ulong _unmapsDone;                // under the gate
    private Attachment[] _attachments = [];   // under the gate; the array itself never changes
    private bool _isQuiesced;                 // under the gate: the device is lost and touches nothing any more

    private struct PendingUnmap
    {
        public AddressRange Range;

        /// <summary>The last running command that uses the range.</summary>
        public ulong After;
    }

    /// <summary>
    /// Subscribes the device to a notifier: commands that use memory in the range do not run while that memory is invalidated, and an
    /// invalidation waits for those that run.
    /// </summary>
    /// <param name="notifier">The notifier of the memory's owner.</param>
    /// <param name="range">What the commands of this queue use of it.</param>
    /// <returns>The attachment; disposing it unsubscribes, and so does the end of the queue or the loss of the device.</returns>
    /// <remarks>
    /// Phase A finds the running commands that use the range and hands back the fence of the last one; it neither waits nor allocates.
    /// Commands that have not started wait until the session has ended.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="notifier"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ObjectDisposedException">The notifier or the queue is disposed.</exception>
    /// <exception cref="DeviceLostException">The device is lost.</exception>
    public IDisposable Attach(InvalidationNotifier notifier, AddressRange range)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        AddressRange.IfEmpty(range);
        Attachment attachment = new(this, notifier, range);
        attachment.Subscribe(Name);
        Exception? lostReason;
        bool isClosing;
        _gate.Enter();
        try
        {
            lostReason = _lostReason;
            isClosing = _closing;
            if (lostReason is null && !isClosing)
            {
                _attachments = [.. _attachments, attachment];
                return attachment;
            }
        }
        finally
        {
            _gate.Exit();
        }

        attachment.Dispose();
        ObjectDisposedException.ThrowIf(lostReason is null, this);
        throw lostReason;
    }

    /// <summary>Phase A, on the owner's thread.</summary>
    private bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        AddressRange range = request.Overlap;
        Fence drained = default;
        bool mustPump = false;
        _gate.Enter();
        try
        {
            AssertInvariantsLocked();
            if (_lostReason is not null)
            {
                // Nothing of the device's is left to wait for, or nobody knows: then the fence faults.
                drained = _isQuiesced ? default : _unmapsPending.Issue();
            }
            else
            {
                ulong last = LastUserOfLocked(range);
                if (_unmaps is null)
                {
                    drained = last == 0 ? default : FenceOf(last);
                }
                else if (_unmapsPending.Issued - _unmapsDone < (ulong)_unmaps.Length)
                {
                    drained = _unmapsPending.Issue();
                    _unmaps[drained.Point % (ulong)_unmaps.Length] = new PendingUnmap { Range = range, After = last };
                    mustPump = TryBeginPumpLocked();
                }
                else
                {
                    fence = default;
                    return false;
                }
            }
        }
        finally
        {
            _gate.Exit();
        }

        if (mustPump)
        {
            DispatchPumpElsewhere(); // the driver's work has no place inside a schedule
        }

        return _driver.TrySchedule(in request, drained, out fence);
    }

    private ulong LastUserOfLocked(AddressRange range)
    {
        for (ulong point = _taken; point > _retired; point--)
        {
            DeviceSlot<TCommand> slot = SlotOf(point);
            if (slot.Phase == DeviceSlotPhase.Running && slot.Uses(range))
            {
                return point;
            }
        }

        return 0;
    }

    private bool TryPeekUnmapLocked(out PendingUnmap unmap)
    {
        unmap = default;
        if (_unmaps is null || _unmapsPending.Issued == _unmapsDone)
        {
            return false;
        }

        unmap = _unmaps[(_unmapsDone + 1) % (ulong)_unmaps.Length];
        return unmap.After <= _retired;
    }

    private void FinishUnmap()
    {
        ulong point;
        _gate.Enter();
        point = ++_unmapsDone;
        _gate.Exit();
        _unmapsPending.Signal(point);
    }

    /// <summary>Whether a range of the command is being invalidated. If so, the pump is kicked when that is over.</summary>
    private bool IsHeldBackLocked(DeviceSlot<TCommand> slot)
    {
        foreach (AddressRange range in slot.Ranges.AsSpan(0, slot.RangeCount))
        {
            foreach (Attachment attachment in _attachments)
            {
                if (attachment.Range.Overlaps(range)
                    && !attachment.Notifier.Ledger.TryBeginRead(attachment.Range.Intersect(range), out _, out Fence blocker)
                    && TryWaitLocked(blocker))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>False when the blocker has ended meanwhile and the ledger must be asked again.</summary>
    private bool TryWaitLocked(Fence blocker)
    {
        if (_rangeBlocker == blocker)
        {
            return true;
        }

        if (_rangeBlocker != default && _rangeBlocker.TryRemoveCallback(_rangeWait) != FenceCallbackRemoval.Removed)
        {
            return true; // it is on its way here, and will look again
        }

        _rangeBlocker = blocker.TryAddCallback(_rangeWait) ? blocker : default;
        return _rangeBlocker != default;
    }

    private void DetachAll()
    {
        Attachment[] attachments;
        _gate.Enter();
        attachments = _attachments;
        _attachments = [];
        _gate.Exit();
        foreach (Attachment attachment in attachments)
        {
            attachment.Unsubscribe();
        }
    }

    private sealed class Attachment(DeviceQueue<TCommand> queue, InvalidationNotifier notifier, AddressRange range)
        : IInvalidationSubscriber, IDisposable
    {
        private InvalidationSubscription? _subscription;

        internal InvalidationNotifier Notifier => notifier;

        internal AddressRange Range => range;

        public bool TrySchedule(in InvalidationRequest request, out Fence fence) => queue.TrySchedule(in request, out fence);

        public void Dispose()
        {
            queue._gate.Enter();
            queue._attachments = Array.FindAll(queue._attachments, other => other != this);
            queue._gate.Exit();
            Unsubscribe();
        }

        internal void Subscribe(string name) => _subscription = notifier.Subscribe(range, this, name);

        internal void Unsubscribe() => _subscription?.Dispose();
    }
}
