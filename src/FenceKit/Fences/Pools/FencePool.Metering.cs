// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// The values that the meter reads.
public sealed partial class FencePool : IMeteredSource
{
    private readonly RegistryMembership _membership;

    string? IMeteredSource.MeterName => Name;

    ulong IMeteredSource.PendingFences => (ulong)(Capacity - Available);

    void IMeteredSource.AddTo(ref MeterTotals totals, bool ended)
    {
        foreach (FencePoolSlot slot in _slots)
        {
            ulong pending = ended ? 0 : slot.PendingPoints;
            ulong issued = slot.Issued;
            totals.Issued += issued;
            totals.Completed += issued - Math.Min(issued, pending);
        }

        totals.Pools += ended ? 0 : 1;
    }
}
