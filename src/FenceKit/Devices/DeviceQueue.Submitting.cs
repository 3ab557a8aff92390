// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Submission of commands, their dependencies, and cancellation.
public sealed partial class DeviceQueue<TCommand>
{
    private const int UsualRanges = 4;

    [InlineArray(UsualRanges)]
    private struct FewRanges
    {
        private AddressRange _first;
    }

    /// <summary>Submits a command, if there is room.</summary>
    /// <param name="command">The command.</param>
    /// <param name="fence">
    /// Signals when the command and all earlier ones of the queue have ended; <c>default</c> unless the result is Submitted.
    /// </param>
    /// <returns>Whether the command was accepted.</returns>
    /// <remarks>Never blocks, never allocates. A refused command has no effect.</remarks>
    public DeviceSubmitStatus TrySubmit(in TCommand command, out Fence fence) => TrySubmit(in command, [], out fence);

    /// <summary>Submits a command that must not start before other fences have signaled, if there is room.</summary>
    /// <param name="command">The command.</param>
    /// <param name="dependencies">
    /// Any fences, of other queues for example; at most <see cref="DeviceQueueOptions.MaxDependencies"/>. If one of them faults, or is
    /// <see cref="FenceStatus.Retired"/> and so may have faulted, the command does not run, and faults with
    /// <see cref="DeviceDependencyException"/>.
    /// </param>
    /// <param name="fence">
    /// Signals when the command and all earlier ones of the queue have ended; <c>default</c> unless the result is Submitted.
    /// </param>
    /// <returns>Whether the command was accepted.</returns>
    /// <remarks>
    /// Never blocks, never allocates; no thread waits for the dependencies. Unless the queue is unordered, later commands wait until this one
    /// has started.
    /// </remarks>
    /// <exception cref="ArgumentException">There are too many dependencies.</exception>
    public DeviceSubmitStatus TrySubmit(in TCommand command, ReadOnlySpan<Fence> dependencies, out Fence fence)
    {
        if (dependencies.Length > _options.MaxDependencies)
        {
            throw new ArgumentException(
                $"The queue '{Name}' allows {_options.MaxDependencies} dependencies a command, not {dependencies.Length}.", nameof(dependencies));
        }

        // The usual size is an inline array: stackalloc of a variable size would keep the JIT from optimizing this method.
        if (_options.MaxRanges > UsualRanges)
        {
            return SubmitWithManyRanges(in command, dependencies, out fence);
        }

        FewRanges few = default;
        return Submit(in command, dependencies, ((Span<AddressRange>)few)[.._options.MaxRanges], out fence);
    }

    private DeviceSubmitStatus SubmitWithManyRanges(in TCommand command, ReadOnlySpan<Fence> dependencies, out Fence fence) =>
        Submit(in command, dependencies, stackalloc AddressRange[_options.MaxRanges], out fence);

    private DeviceSubmitStatus Submit(in TCommand command, ReadOnlySpan<Fence> dependencies, Span<AddressRange> ranges, out Fence fence)
    {
        int rangeCount = _driver.GetRanges(in command, ranges);
        foreach (AddressRange range in ranges[..rangeCount])
        {
            AddressRange.IfEmpty(range);
        }

        TimeSpan hangTimeout = HangTimeoutOf(in command);
        fence = default;
        DeviceSlot<TCommand> slot;
        ulong point;
        bool mustPump = false;
        bool startsHere;
        bool mustWatch = false;
        using (_lock.EnterScope())
        {
            AssertInvariantsLocked();
            if (_lostReason is not null)
            {
                return DeviceSubmitStatus.Lost;
            }

            if (_closing)
            {
                return DeviceSubmitStatus.Closed;
            }

            if (_timeline.Issued - _taken >= (ulong)_options.Capacity)
            {
                return DeviceSubmitStatus.Full;
            }

            ulong sequence = _timeline.Issue().Point;
            slot = _isUnordered ? TakeFreeSlotLocked() : SlotOf(sequence);
            Debug.Assert(slot.Phase == DeviceSlotPhase.Free && slot.Holds == 0, "The ring is larger than what can be outstanding.");
            point = _isUnordered ? slot.Point : sequence;
            slot.Point = point;
            slot.Sequence = sequence;
            slot.Phase = DeviceSlotPhase.Queued;
            slot.Command = command;
            slot.Requests = DeviceRequests.None;
            slot.IsHeldBack = false;
            slot.IsReady = false;
            slot.HangTimeout = hangTimeout;
            slot.SeenSince = NotSeen;
            ranges[..rangeCount].CopyTo(slot.Ranges);
            slot.RangeCount = rangeCount;
            slot.DependencyCount = dependencies.Length;
            slot.Holds = dependencies.IsEmpty ? 0 : dependencies.Length + 1; // one for this thread, until all callbacks are added
            startsHere = dependencies.IsEmpty && TryBeginHereLocked(slot, out mustWatch);
            if (!startsHere)
            {
                if (_isUnordered && slot.Holds == 0)
                {
                    AddReadyLocked(slot);
                }

                mustPump = dependencies.IsEmpty && TryBeginPumpLocked();
                mustWatch = !dependencies.IsEmpty && TryArmWatchdogLocked(_dependencyTimeout);
            }
        }

        fence = FenceOf(point);
        if (startsHere)
        {
            StartHere(point, in command, mustWatch);
        }
        else if (!dependencies.IsEmpty)
        {
            StartTimerIf(mustWatch);

            AddDependencies(slot, dependencies);
        }
        else
        {
            DispatchPumpIf(mustPump);
        }

        return DeviceSubmitStatus.Submitted;
    }

    /// <summary>Cancels a command that has not started, or asks the driver to stop it if it is running.</summary>
    /// <param name="fence">The fence of the command.</param>
    /// <returns>Whether the command was canceled, was asked to stop, or had ended already.</returns>
    /// <remarks>Never blocks, never allocates. The fence still signals in its turn, when the device no longer uses the command's memory.</remarks>
    /// <exception cref="ArgumentException">The fence does not belong to a command of this queue.</exception>
    public DeviceCancelResult TryCancel(Fence fence)
    {
        DeviceSlot<TCommand> slot = SlotOf(fence, out ulong point);
        bool isRunning;
        bool mustPump = false;
        using (_lock.EnterScope())
        {
            if (slot.Point != point || slot.Phase is DeviceSlotPhase.Free or DeviceSlotPhase.Finished || _lostReason is not null)
            {
                return DeviceCancelResult.TooLate;
            }

            isRunning = slot.Phase == DeviceSlotPhase.Running;
            if (isRunning)
            {
                slot.Requests |= DeviceRequests.Cancel;
                _requests |= DeviceRequests.Cancel;
                mustPump = TryBeginPumpLocked();
            }
            else
            {
                slot.Phase = DeviceSlotPhase.Finished;
                slot.Fault = CanceledError;
                slot.Holds++; // keeps the slot from being reused while its callbacks are removed
                _canceled++;
            }
        }

        DispatchPumpIf(mustPump);

        if (!isRunning)
        {
            Release(slot, RemoveDependencies(slot) + 1);
        }

        return isRunning ? DeviceCancelResult.Requested : DeviceCancelResult.Canceled;
    }

    private DeviceSlot<TCommand> SlotOf(Fence fence, out ulong point)
    {
        DeviceSlot<TCommand>? slot = null;
        if (!_isUnordered && fence.IsFrom(_timeline))
        {
            slot = SlotOf(fence.Point);
        }
        else if (_isUnordered && fence.Timeline?.Producer is SlotCommand command && command.Queue == this)
        {
            slot = command.Slot;
        }

        if (slot is null)
        {
            FenceThrow.ForeignFence(Name, fence);
        }

        point = _isUnordered ? PointOf(slot, fence.Point) : fence.Point;
        return slot;
    }

    internal void OnHeldBackRangeReleased(DeviceSlot<TCommand> slot)
    {
        _lock.Enter();
        slot.IsHeldBack = false;
        _lock.Exit();
        Release(slot, 1);
    }

    internal void OnDependencySignaled(DeviceSlot<TCommand> slot, Fence dependency, FenceStatus status, Exception? fault)
    {
        int holds = 1;
        if (status != FenceStatus.Signaled)
        {
            FailBeforeStart(slot, dependency, status, fault);
            holds += RemoveDependencies(slot);
        }

        Release(slot, holds);
    }

    private void AddDependencies(DeviceSlot<TCommand> slot, ReadOnlySpan<Fence> dependencies)
    {
        int over = 1; // for this thread
        for (int i = 0; i < dependencies.Length; i++)
        {
            DeviceDependency<TCommand> dependency = slot.Dependencies[i];
            dependency.Fence = dependencies[i];
            if (dependencies[i].TryAddCallback(dependency))
            {
                continue;
            }

            over++;
            FenceStatus status = dependencies[i].GetStatus(out Exception? fault);
            if (status != FenceStatus.Signaled)
            {
                FailBeforeStart(slot, dependencies[i], status, fault);
            }
        }

        // A thread that ended the command in the meantime could not remove callbacks that were not added yet. Each side has a full fence
        // between its store and its load, so at least one of the two sees the other's store:
        //
        //   here                                 TryCancel, a failed dependency, a loss
        //   ----                                 --------------------------------------
        //   dependency.Fence = ...   (store)     slot.Phase = Finished, or Free after a loss        (store)
        //   add the callback         (fence)     the barrier in RemoveDependencies                  (fence)
        //   slot.Phase               (load)      remove the callback of dependency.Fence            (load)
        if (slot.Phase != DeviceSlotPhase.Queued)
        {
            over += RemoveDependencies(slot);
        }

        Release(slot, over);
    }

    /// <summary>Ends a command whose dependency did not succeed, or may not have. The caller has a hold on the slot.</summary>
    private void FailBeforeStart(DeviceSlot<TCommand> slot, Fence dependency, FenceStatus status, Exception? fault)
    {
        DeviceDependencyException error =
            status == FenceStatus.Retired ? DeviceDependencyException.ForRetired(dependency) : DeviceDependencyException.For(fault);
        _lock.Enter();
        if (slot.Phase == DeviceSlotPhase.Queued)
        {
            slot.Phase = DeviceSlotPhase.Finished;
            slot.Fault = error;
        }

        _lock.Exit();
    }

    /// <summary>
    /// Removes the callbacks that are still waiting, and returns their number; callbacks that are about to run release their holds
    /// themselves. The caller has a hold on the slot.
    /// </summary>
    private static int RemoveDependencies(DeviceSlot<TCommand> slot)
    {
        Interlocked.MemoryBarrier(); // pairs with the interlocked operation of TryAddCallback in AddDependencies; see there
        int removed = 0;
        foreach (DeviceDependency<TCommand> dependency in slot.Dependencies.AsSpan(0, slot.DependencyCount))
        {
            if (dependency.Fence.TryRemoveCallback(dependency) == FenceCallbackRemoval.Removed)
            {
                removed++;
            }
        }

        if (slot.RangeWait is { } wait && wait.Blocker.TryRemoveCallback(wait) == FenceCallbackRemoval.Removed)
        {
            removed++;
        }

        return removed;
    }

    private void Release(DeviceSlot<TCommand> slot, int holds)
    {
        bool mustPump;
        using (_lock.EnterScope())
        {
            slot.Holds -= holds;
            Debug.Assert(slot.Holds >= 0, "A hold is released once.");
            if (slot.Holds == 0 && _isUnordered && !slot.IsReady && _lostReason is null)
            {
                AddReadyLocked(slot);
            }

            mustPump = slot.Holds == 0 && TryBeginPumpLocked();
        }

        DispatchPumpIf(mustPump);
    }
}
