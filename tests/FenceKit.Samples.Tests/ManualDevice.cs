// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Devices;

namespace FenceKit.Samples.Tests;

/// <summary>A device that does nothing by itself: it maps and stops when the test says so.</summary>
internal sealed class ManualDevice(AddressRange range) : DeviceMapping("manual device", range)
{
    public int StopsAsked { get; private set; }

    public int MapsBegun { get; private set; }

    public int Mappings { get; private set; }

    public bool IsQueueFull { get; set; }

    /// <summary>What happens while the device is at work on its mapping.</summary>
    public Action? WhileMapping { get; set; }

    public bool MapNow() => TryMap();

    public void FinishStop() => CompleteStop();

    protected override bool TryRequestStop()
    {
        StopsAsked += IsQueueFull ? 0 : 1;
        return !IsQueueFull;
    }

    protected override void Map()
    {
        MapsBegun++;
        Mappings++;
        WhileMapping?.Invoke();
    }

    protected override void Unmap() => Mappings--;
}
