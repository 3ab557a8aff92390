// SPDX-License-Identifier: MIT
namespace FenceKit;

// Tells a WaitForGraph what a pending command waits for.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>Describes the oldest command that has not ended, if it stands at or before a point of the timeline.</summary>
    private void DescribeHolders(ulong point, List<FenceHolder> holders)
    {
        _lock.Enter();
        DeviceSlot<TCommand>? oldest = OldestLocked();
        bool isBefore = oldest is not null && oldest.Sequence <= point;
        string? what = isBefore ? DescribeLocked(oldest!) : null; // null: a thread is about to signal the point
        _lock.Exit();
        if (what is not null)
        {
            holders.Add(new FenceHolder(what));
        }
    }

    /// <summary>Describes a command of a queue without order. The slot belongs to the fence that is asked about.</summary>
    private void DescribeHolder(DeviceSlot<TCommand> slot, ulong round, List<FenceHolder> holders)
    {
        _lock.Enter();
        string? what = slot.Point == PointOf(slot, round) && slot.Phase != DeviceSlotPhase.Free ? DescribeLocked(slot) : null;
        _lock.Exit();
        if (what is not null)
        {
            holders.Add(new FenceHolder(what));
        }
    }

    private string DescribeLocked(DeviceSlot<TCommand> slot)
    {
        string what = slot.Phase switch
        {
            DeviceSlotPhase.Running => "is at the device",
            DeviceSlotPhase.Finished => "is done",
            _ when slot.Holds > 0 && !slot.IsHeldBack => "waits for what it depends on",
            _ => "waits for the device, or for the end of an invalidation",
        };
        return $"command {slot.Point} of {Name}, which {what}{(_inDriver ? "; a call into the driver has not returned" : "")}";
    }

    private sealed class Commands(DeviceQueue<TCommand> queue) : IFenceProducer
    {
        public void DescribeHolders(ulong point, List<FenceHolder> holders) => queue.DescribeHolders(point, holders);

        public void HelpSleeper() => queue.HelpSleeper();
    }
}
