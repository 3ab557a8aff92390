// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>The adapter between the checks and a driver with a <see cref="DeviceQueue{TCommand}"/>.</summary>
/// <typeparam name="TCommand">The type of the queue's commands.</typeparam>
/// <param name="queue">The queue; it is disposed with this object.</param>
public abstract class QueueUnderTest<TCommand>(DeviceQueue<TCommand> queue) : DeviceUnderTest
{
    /// <summary>The queue.</summary>
    protected DeviceQueue<TCommand> Queue { get; } = queue;

    /// <inheritdoc/>
    public override bool IsUnordered => Queue.IsUnordered;

    /// <inheritdoc/>
    public override DeviceSubmitStatus TrySubmit(in ConformanceCommand command, ReadOnlySpan<Fence> dependencies, out Fence fence) =>
        Queue.TrySubmit(Translate(in command), dependencies, out fence);

    /// <inheritdoc/>
    public override DeviceCancelResult TryCancel(Fence fence) => Queue.TryCancel(fence);

    /// <inheritdoc/>
    public override void Lose(Exception reason) => Queue.Lose(reason);

    /// <inheritdoc/>
    public override void Attach(InvalidationNotifier notifier) => Queue.Attach(notifier, AddressRange.All);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Queue.DisposeAsync();
    }

    /// <summary>Translates a command of the checks into one of the driver.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The command of the driver.</returns>
    protected abstract TCommand Translate(in ConformanceCommand command);
}
