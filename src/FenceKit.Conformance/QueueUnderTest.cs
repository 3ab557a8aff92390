// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>A driver behind a <see cref="DeviceQueue{TCommand}"/>, as the checks see it.</summary>
/// <typeparam name="TCommand">What the device understands.</typeparam>
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

    /// <summary>Says the command in the words of the driver.</summary>
    /// <param name="command">The command.</param>
    /// <returns>What the driver understands.</returns>
    protected abstract TCommand Translate(in ConformanceCommand command);
}
