// SPDX-License-Identifier: MIT
namespace FenceKit;

// Subscriptions of the device to notifiers. A disposed attachment is removed only when the device no longer uses its range:
//
//   Attached ──Dispose, commands in the range are under way, or mappings are kept──► Leaving ──the pump, when they have ended──► Removed
//       └──────Dispose, the range is not in use──────────────────────────────────────────────────────────────────────────────────▲
//
// In the state Leaving an attachment works as before: commands wait for invalidations of the range, and invalidations wait for commands.
// After a loss all attachments are removed together, when the device has stopped.
public sealed partial class DeviceQueue<TCommand>
{
    private Attachment[] _attachments = []; // under the lock; copy-on-write
    private int _leaving;                   // under the lock: the number of attachments in the state Leaving

    /// <summary>
    /// Subscribes the device to a notifier: commands that use memory in the range do not start while that memory is invalidated, and an
    /// invalidation waits for the running ones.
    /// </summary>
    /// <param name="notifier">The notifier of the memory's owner.</param>
    /// <param name="range">The memory that commands of this queue use.</param>
    /// <param name="owner">
    /// The owner of the device; null for none. In a session for <see cref="InvalidationReason.Migrate"/> or
    /// <see cref="InvalidationReason.Exclusive"/> whose initiator is the same object, the device is not notified, and its commands on the
    /// range run: so the initiator of a migration can let its own device copy the range. The initiator must wait for the fence of the copy
    /// before it ends the session. Mappings that the device keeps are not dropped. A lost device is always notified.
    /// </param>
    /// <returns>
    /// The attachment. Disposing it unsubscribes: at once if no command that was submitted before uses the range, otherwise when the last of
    /// these commands has ended and its mappings are dropped. Disposing the queue unsubscribes too. So does the loss of the device, as soon
    /// as the driver has reported that the device has stopped.
    /// </returns>
    /// <remarks>
    /// Phase A of a session finds the running commands that use the range and returns the fence of the last one; it neither waits nor
    /// allocates. Commands that have not started wait until the session has ended.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="notifier"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ObjectDisposedException">The notifier or the queue is disposed.</exception>
    /// <exception cref="DeviceLostException">The device is lost.</exception>
    public IDisposable Attach(InvalidationNotifier notifier, AddressRange range, object? owner = null)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        AddressRange.IfEmpty(range);
        Attachment attachment = new(this, notifier, range, owner);
        attachment.Subscribe(Name);
        Exception? lostReason;
        bool isClosing;
        using (_lock.EnterScope())
        {
            lostReason = _lostReason;
            isClosing = _closing;
            if (lostReason is null && !isClosing)
            {
                _attachments = [.. _attachments, attachment];
                return attachment;
            }
        }

        attachment.Unsubscribe();
        ObjectDisposedException.ThrowIf(lostReason is null, this);
        throw lostReason;
    }

    private void Detach(Attachment attachment)
    {
        bool isFree;
        bool mustPump = false;
        using (_lock.EnterScope())
        {
            if (attachment.IsLeaving || Array.IndexOf(_attachments, attachment) < 0)
            {
                return;
            }

            isFree = _lostReason is null
                ? _unmaps is null && !IsInUseLocked(attachment.Range, _timeline.Issued)
                : _hasStopped || (_unmaps is null && !IsInUseLocked(attachment.Range, _timeline.Issued) && QuarantineOfLocked(attachment.Range) == default);
            if (isFree)
            {
                RemoveLocked(attachment);
            }
            else
            {
                attachment.LeavesAfter = _timeline.Issued;
                attachment.IsLeaving = true;
                _leaving++;
                mustPump = TryBeginPumpLocked();
            }
        }

        if (isFree)
        {
            attachment.Unsubscribe();
        }

        DispatchPumpIf(mustPump);
    }

    /// <summary>Whether a queued or running command up to a point uses the range. A command that the driver has reported no longer uses it.</summary>
    private bool IsInUseLocked(AddressRange range, ulong upTo)
    {
        for (DeviceSlot<TCommand>? slot = OldestLocked(); slot is not null && slot.Sequence <= upTo; slot = NextLocked(slot))
        {
            if (slot.Phase is DeviceSlotPhase.Queued or DeviceSlotPhase.Running && slot.Uses(range))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryFindLeaverLocked(out Attachment? leaver)
    {
        leaver = _leaving == 0
            ? null
            : Array.Find(_attachments, attachment => attachment.IsLeaving && !IsInUseLocked(attachment.Range, attachment.LeavesAfter));
        return leaver is not null;
    }

    /// <summary>Removes a disposed attachment whose range is no longer in use. Called only by the pump.</summary>
    private void FinishDetach(Attachment leaver)
    {
        if (_unmaps is not null)
        {
            _driver.Unmap(leaver.Range);
        }

        _lock.Enter();
        bool isFree = _lostReason is null; // otherwise it is removed with the others, when the device has stopped
        if (isFree)
        {
            RemoveLocked(leaver);
        }

        _lock.Exit();
        if (isFree)
        {
            // Unsubscribing waits for calls of TrySchedule that are under way, and this thread may be inside one.
            InterruptShield.Queue(static leaver => leaver.Unsubscribe(), leaver, preferLocal: false);
        }
    }

    private void RemoveLocked(Attachment attachment)
    {
        _leaving -= attachment.IsLeaving ? 1 : 0;
        _attachments = Array.FindAll(_attachments, other => other != attachment);
    }

    private void DetachAll()
    {
        _lock.Enter();
        Attachment[] attachments = _attachments;
        _attachments = [];
        _leaving = 0;
        _lock.Exit();
        foreach (Attachment attachment in attachments)
        {
            attachment.Unsubscribe();
        }
    }

    private sealed class Attachment(DeviceQueue<TCommand> queue, InvalidationNotifier notifier, AddressRange range, object? owner)
        : IInvalidationSubscriber, IDisposable
    {
        private InvalidationSubscription? _subscription;

        internal InvalidationNotifier Notifier => notifier;

        internal AddressRange Range => range;

        internal object? Owner => owner;

        /// <summary>Disposed, but not removed yet. Under the queue's lock.</summary>
        internal bool IsLeaving;

        internal ulong LeavesAfter;

        public bool TrySchedule(in InvalidationRequest request, out Fence fence) => queue.TrySchedule(in request, out fence);

        public void Dispose() => queue.Detach(this);

        internal void Subscribe(string name) => _subscription = notifier.Subscribe(range, this, name, new InvalidationSubscriptionOptions { Owner = owner });

        internal void CallAlways() => _subscription!.CallAlways();

        internal void Unsubscribe() => _subscription?.Dispose();
    }
}
