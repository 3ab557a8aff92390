// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.CrossDeviceDeadlock;

internal enum Design
{
    /// <summary>One driver waits for the other's fence inside an invalidation; the other takes memory before it signals.</summary>
    WaitInNotifier,

    /// <summary>Schedule, unmap, wait; memory is taken before the fence exists.</summary>
    Split,
}
