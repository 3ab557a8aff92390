// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Selects the thread on which a <see cref="DeviceQueue{TCommand}"/> calls its driver.</summary>
public enum DeviceDispatch
{
    /// <summary>A thread of the thread pool. Submitting never calls the driver, so commands may be submitted anywhere, also under a lock.</summary>
    ThreadPool = 0,

    /// <summary>
    /// The thread that submits, completes or cancels. This is the shortest way to the hardware, and events have the same order in every run.
    /// Only for drivers whose calls are a few writes to a doorbell register.
    /// </summary>
    Inline = 1,

    /// <summary>
    /// A thread that belongs to the queue and ends when the queue is disposed. Submitting never calls the driver. Neither submitting nor an
    /// invalidation ever allocates: waking a thread allocates nothing, while queueing to the thread pool sometimes does.
    /// </summary>
    DedicatedThread = 2,
}
