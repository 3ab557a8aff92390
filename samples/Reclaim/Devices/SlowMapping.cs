// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>A <see cref="SlowDevice"/>'s view of one buffer: no pins, but an address that it uses for as long as it is mapped.</summary>
internal sealed class SlowMapping(string name, int buffer, PageMemory memory, FrameTable frames, StopQueue stops)
    : DeviceMapping(name, memory.RangeOf(buffer))
{
    /// <summary>Maps the buffer now. Device thread, or anybody while the device is idle.</summary>
    public bool TryUse() => IsMapped || TryMap();

    /// <summary>Reads every page that shows something, and returns how many do not show what they should.</summary>
    public int Scan(PageVerifier verifier)
    {
        int stale = 0;
        for (int page = 0; page < memory.PagesPerBuffer; page++)
        {
            if (frames.TryGetBlock(buffer, page, out int block) && !verifier.Matches(buffer, page, block))
            {
                stale++;
            }
        }

        return stale;
    }

    /// <summary>The device has worked off everything before the stop. Device thread only.</summary>
    public void Finish() => CompleteStop();

    // When the queue is full the device is told so by a refusal, not by a wait.
    protected override bool TryRequestStop() => stops.TryWrite(this);

    protected override void Map()
    {
    }

    protected override void Unmap()
    {
    }
}
