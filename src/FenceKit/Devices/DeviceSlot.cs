// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The state of the command in a slot. All transitions are made under the lock of the queue.</summary>
/// <remarks>
/// <code>
///   Free ──TrySubmit──► Queued ──the pump──► Running ──Complete, Fail──► Finished ──in its turn──► Free
///                          └──────────TryCancel, a failed dependency────────▲
///
///   the device is lost:  Running ──its fence faults──► Abandoned, for good; without effect once the device has stopped
///                        Queued, Finished ──its fence faults──► Free
/// </code>
/// The transitions from Queued to Running and from Finished to Free happen only while <see cref="DeviceSlot{TCommand}.Holds"/> is zero.
/// </remarks>
internal enum DeviceSlotPhase
{
    Free = 0,
    Queued = 1,
    Running = 2,
    Finished = 3,

    /// <summary>The fence of the command has faulted with the loss, but the device may still touch its ranges.</summary>
    Abandoned = 4,
}

/// <summary>Calls of the driver about one running command.</summary>
[Flags]
internal enum DeviceRequests
{
    None = 0,
    Cancel = 1,

    /// <summary>Ask whether the command, which has exceeded its time limit, hangs.</summary>
    Ask = 2,
}

/// <summary>Preallocated storage for one command. All fields are under the lock of the queue, unless said otherwise.</summary>
internal sealed class DeviceSlot<TCommand>
{
    internal DeviceSlot(DeviceQueue<TCommand> queue, int maxDependencies, int maxRanges)
    {
        Ranges = new AddressRange[maxRanges];
        Dependencies = new DeviceDependency<TCommand>[maxDependencies];
        for (int i = 0; i < maxDependencies; i++)
        {
            Dependencies[i] = new DeviceDependency<TCommand>(queue, this);
        }
    }

    /// <summary>The index in the array of slots.</summary>
    internal int Index { get; init; }

    internal ulong Point;
    internal DeviceSlotPhase Phase;
    internal TCommand Command = default!;
    internal Exception? Fault;

    /// <summary>The time limit of the command; TimeSpan.MaxValue for none.</summary>
    internal TimeSpan HangTimeout;

    /// <summary>When the watchdog first found the command in its present state: waiting for dependencies, or the oldest one running.</summary>
    internal long SeenSince;

    /// <summary>What the pump has yet to tell the driver, or to ask it, about the running command.</summary>
    internal DeviceRequests Requests;

    internal AddressRange[] Ranges { get; }

    internal int RangeCount;

    internal DeviceDependency<TCommand>[] Dependencies { get; }

    internal int DependencyCount;

    /// <summary>The number of commands that were submitted up to this one.</summary>
    internal ulong Sequence;

    // The fields from here to Holds are for queues without order.

    /// <summary>The timeline of the slot's fences; null in a queue in order.</summary>
    internal FenceTimeline? Timeline;

    /// <summary>The number of commands that were started up to this one; 0 while it has not started.</summary>
    internal ulong Start;

    /// <summary>Links of the list of commands that have not ended, in the order of their submission.</summary>
    internal DeviceSlot<TCommand>? Previous;
    internal DeviceSlot<TCommand>? Next;

    /// <summary>Waits for the end of an invalidation; null in a queue in order, where only the head of the queue waits.</summary>
    internal DeviceRangeWait<TCommand>? RangeWait;

    /// <summary>One of the holds is for the invalidation of a range.</summary>
    internal bool IsHeldBack;

    /// <summary>The slot is in the list of ready commands.</summary>
    internal bool IsReady;

    /// <summary>A reference count: dependencies that have not signaled, and threads that are adding or removing their callbacks.</summary>
    internal int Holds;

    /// <summary>A fence that the command waits for, for an error.</summary>
    internal Fence FirstPendingDependency()
    {
        foreach (DeviceDependency<TCommand> dependency in Dependencies.AsSpan(0, DependencyCount))
        {
            if (!dependency.Fence.IsSignaled)
            {
                return dependency.Fence;
            }
        }

        return default;
    }

    internal bool Uses(AddressRange range)
    {
        foreach (AddressRange used in Ranges.AsSpan(0, RangeCount))
        {
            if (used.Overlaps(range))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A callback that waits for the end of an invalidation on behalf of a command.</summary>
internal sealed class DeviceRangeWait<TCommand>(DeviceQueue<TCommand> queue, DeviceSlot<TCommand> slot) : FenceCallback
{
    /// <summary>The fence of the session that it waits for, or waited for last. Under the lock of the queue.</summary>
    internal Fence Blocker;

    protected override void OnSignaled(FenceStatus status, Exception? fault) => queue.OnHeldBackRangeReleased(slot);
}

/// <summary>A callback that waits for one dependency of a command.</summary>
internal sealed class DeviceDependency<TCommand>(DeviceQueue<TCommand> queue, DeviceSlot<TCommand> slot) : FenceCallback
{
    /// <summary>The dependency. Written by the submitting thread, which has a hold on the slot, before it adds the callback.</summary>
    internal Fence Fence;

    internal override void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of(queue.FenceOf(slot.Point), fence));

    protected override void OnSignaled(FenceStatus status, Exception? fault) =>
        queue.OnDependencySignaled(slot, Fence, status, fault);
}
