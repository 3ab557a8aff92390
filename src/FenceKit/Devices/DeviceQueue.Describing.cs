// SPDX-License-Identifier: MIT
namespace FenceKit;

// What holds a command up, for a WaitForGraph.
public sealed partial class DeviceQueue<TCommand>
{
    private void DescribeHolders(ulong point, List<FenceHolder> holders)
    {
        ulong oldest;
        DeviceSlotPhase phase;
        bool hasDependencies;
        bool isInDriver;
        _gate.Enter();
        try
        {
            oldest = _retired + 1;
            if (oldest > point || oldest > _timeline.Issued)
            {
                return; // on its way to the signal
            }

            DeviceSlot<TCommand> slot = SlotOf(oldest);
            phase = slot.Phase;
            hasDependencies = slot.Holds > 0;
            isInDriver = _inDriver;
        }
        finally
        {
            _gate.Exit();
        }

        string what = phase switch
        {
            DeviceSlotPhase.Running => "is at the device",
            DeviceSlotPhase.Finished => "is done",
            _ when hasDependencies => "waits for what it depends on",
            _ => "waits for the device, or for the end of an invalidation",
        };
        holders.Add(new FenceHolder($"command {oldest} of {Name}, which {what}{(isInDriver ? "; a call into the driver has not returned" : "")}"));
    }

    private sealed class Commands(DeviceQueue<TCommand> queue) : IFenceProducer
    {
        public void DescribeHolders(ulong point, List<FenceHolder> holders) => queue.DescribeHolders(point, holders);
    }
}
