// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Where a <see cref="DeviceQueue{TCommand}"/> calls its driver.</summary>
public enum DeviceDispatch
{
    /// <summary>On the thread pool. Submitting never enters the driver, so it may be done anywhere, under a lock too.</summary>
    ThreadPool = 0,

    /// <summary>
    /// On the thread that submits, completes or cancels: the shortest way to the hardware, and the same order of events in every run.
    /// Only for drivers whose calls are a few writes to a doorbell.
    /// </summary>
    Inline = 1,

    /// <summary>
    /// On a thread of the queue's own, which ends when the queue is disposed. Submitting never enters the driver, and neither submitting nor
    /// an invalidation ever allocates: waking a thread costs no byte, while the thread pool pays for itself now and then.
    /// </summary>
    DedicatedThread = 2,
}
