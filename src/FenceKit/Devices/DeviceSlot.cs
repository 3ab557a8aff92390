// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>How far the command in a slot has got. All transitions are made under the lock of the queue.</summary>
/// <remarks>
/// <code>
///   Free ──TrySubmit──► Queued ──the pump──► Running ──Complete, Fail──► Finished ──in its turn──► Free
///                          └──────────TryCancel, a failed dependency────────▲
///
///   the device is lost:  Running ──its fence faults──► Abandoned, for good; once the driver has said that the device has stopped it means nothing
///                        Queued, Finished ──its fence faults──► Free
/// </code>
/// A slot leaves Queued for Running, and Finished for Free in its turn, only while nothing of its dependencies is under way.
/// </remarks>
internal enum DeviceSlotPhase
{
    Free = 0,
    Queued = 1,
    Running = 2,
    Finished = 3,

    /// <summary>The command is over for those who wait for it, and the device may still touch its ranges.</summary>
    Abandoned = 4,
}

/// <summary>Room for one command, made ahead of time. Which slot a command gets follows from its point. Everything is under the lock.</summary>
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

    /// <summary>Where it stands in the queue; in a queue without order its number for good.</summary>
    internal int Index { get; init; }

    internal ulong Point;
    internal DeviceSlotPhase Phase;
    internal TCommand Command = default!;
    internal Exception? Fault;

    /// <summary>How long it may run; TimeSpan.MaxValue for as long as it takes.</summary>
    internal TimeSpan HangTimeout;

    /// <summary>When the watchdog first found it as it is: waiting for what it depends on, or the oldest that runs.</summary>
    internal long SeenSince;

    /// <summary>It has used up its time, and the driver has not been asked whether it hangs.</summary>
    internal bool MustAsk;

    /// <summary>Somebody wants it stopped, and the driver has not been told.</summary>
    internal bool MustCancel;

    internal AddressRange[] Ranges { get; }

    internal int RangeCount;

    internal DeviceDependency<TCommand>[] Dependencies { get; }

    internal int DependencyCount;

    /// <summary>How many commands were submitted until this one.</summary>
    internal ulong Sequence;

    // What follows, as far as Holds, is for queues whose commands end in any order.

    /// <summary>The slot's own fences; null in a queue in order.</summary>
    internal FenceTimeline? Timeline;

    /// <summary>The number of its start; 0 while it has not started.</summary>
    internal ulong Start;

    /// <summary>The list of commands that are not over, in the order of their submission.</summary>
    internal DeviceSlot<TCommand>? Previous;
    internal DeviceSlot<TCommand>? Next;

    /// <summary>The chain of commands that have ended and whose fence is not signaled.</summary>
    internal DeviceSlot<TCommand>? NextEnded;

    /// <summary>Waits for the end of an invalidation; null in a queue in order, where only the first in line does.</summary>
    internal DeviceRangeWait<TCommand>? RangeWait;

    /// <summary>One of its holds is the invalidation of a range.</summary>
    internal bool IsHeldBack;

    /// <summary>Nothing held it when it was put into the chain of those that are ready, and the pump has not taken it.</summary>
    internal bool IsReady;

    internal DeviceSlot<TCommand>? NextReady;

    /// <summary>Dependencies that have not signaled, and threads that are adding or removing them.</summary>
    internal int Holds;

    /// <summary>What the command waits for; for a report.</summary>
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

/// <summary>Waits for the end of an invalidation on behalf of a command.</summary>
internal sealed class DeviceRangeWait<TCommand>(DeviceQueue<TCommand> queue, DeviceSlot<TCommand> slot) : FenceCallback
{
    /// <summary>Under the lock of the queue: the end of the session that it waited for last.</summary>
    internal Fence Blocker;

    protected override void OnSignaled(FenceStatus status, Exception? fault) => queue.OnHeldBackRangeReleased(slot);
}

/// <summary>Waits for one fence on behalf of a command.</summary>
internal sealed class DeviceDependency<TCommand>(DeviceQueue<TCommand> queue, DeviceSlot<TCommand> slot) : FenceCallback
{
    /// <summary>Written by the submitter, who holds the slot, before it adds the callback.</summary>
    internal Fence Fence;

    internal override void DescribeWaits(Fence fence, List<FenceWait> waits) => waits.Add(FenceWait.Of(queue.FenceOf(slot.Point), fence));

    protected override void OnSignaled(FenceStatus status, Exception? fault) =>
        queue.OnDependencySignaled(slot, Fence, status, fault);
}
