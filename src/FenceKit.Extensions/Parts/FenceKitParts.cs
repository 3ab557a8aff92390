// SPDX-License-Identifier: MIT
namespace FenceKit.Extensions;

/// <summary>
/// The parts that the container has created so far, in the order of their creation. They are observed, measured, and shut down with the host.
/// Thread safe.
/// </summary>
internal sealed class FenceKitParts
{
    private readonly Lock _lock = new();
    private NotifierPart[] _notifiers = []; // all three: copy-on-write, under the lock
    private DeviceQueuePart[] _queues = [];
    private FencePool[] _pools = [];

    internal IReadOnlyList<NotifierPart> Notifiers => Volatile.Read(ref _notifiers);

    internal IReadOnlyList<DeviceQueuePart> Queues => Volatile.Read(ref _queues);

    internal IReadOnlyList<FencePool> Pools => Volatile.Read(ref _pools);

    internal void Add(NotifierPart notifier)
    {
        lock (_lock)
        {
            Volatile.Write(ref _notifiers, [.. _notifiers, notifier]);
        }
    }

    internal void Add(DeviceQueuePart queue)
    {
        lock (_lock)
        {
            Volatile.Write(ref _queues, [.. _queues, queue]);
        }
    }

    internal void Add(FencePool pool)
    {
        lock (_lock)
        {
            Volatile.Write(ref _pools, [.. _pools, pool]);
        }
    }
}

/// <summary>A notifier, and the time limit of its shutdown.</summary>
internal sealed record NotifierPart(InvalidationNotifier Notifier, TimeSpan ReleaseTimeout);

/// <summary>A device queue, independent of the type of its commands.</summary>
internal abstract class DeviceQueuePart
{
    internal abstract string Name { get; }

    internal abstract DeviceLostException? LostReason { get; }

    internal abstract DeviceQueueStatistics GetStatistics();

    internal abstract void Lose(Exception reason);

    internal abstract ValueTask DisposeAsync();
}

/// <inheritdoc/>
internal sealed class DeviceQueuePart<TCommand>(DeviceQueue<TCommand> queue) : DeviceQueuePart
{
    internal override string Name => queue.Name;

    internal override DeviceLostException? LostReason => queue.LostReason;

    internal override DeviceQueueStatistics GetStatistics() => queue.GetStatistics();

    internal override void Lose(Exception reason) => queue.Lose(reason);

    internal override ValueTask DisposeAsync() => queue.DisposeAsync();
}
