// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>A device as the checks see it. Every check asks the factory for a fresh one, and disposes it.</summary>
/// <remarks>For drivers that run behind a <see cref="DeviceQueue{TCommand}"/>, <see cref="QueueUnderTest{TCommand}"/> does most of it.</remarks>
public abstract class DeviceUnderTest : IAsyncDisposable
{
    /// <summary>How many bytes one command writes.</summary>
    public abstract int BlockSize { get; }

    /// <summary>
    /// The memory that the device writes to; at least 8 blocks. Stays where it is after the device is disposed: the checks look whether it
    /// is left alone.
    /// </summary>
    public abstract Span<byte> Memory { get; }

    /// <summary>How many commands with <see cref="ConformanceCommand.IsHeld"/> are running at this moment.</summary>
    public abstract int Held { get; }

    /// <summary>
    /// Whether commands that do not depend on each other end in any order; false unless overridden. Then the device must be able to run
    /// two commands at a time.
    /// </summary>
    public virtual bool IsUnordered => false;

    /// <summary>The addresses of a block, as its commands and invalidations name them.</summary>
    /// <param name="offset">The offset of the block.</param>
    /// <returns>The range.</returns>
    public abstract AddressRange RangeOf(int offset);

    /// <summary>Lets commands that are held end, now and later.</summary>
    public abstract void Release();

    /// <summary>Submits a command. Must not wait.</summary>
    /// <param name="command">What to do.</param>
    /// <param name="dependencies">What must have signaled before.</param>
    /// <param name="fence">The fence of the command.</param>
    /// <returns>Whether it was accepted.</returns>
    public abstract DeviceSubmitStatus TrySubmit(in ConformanceCommand command, ReadOnlySpan<Fence> dependencies, out Fence fence);

    /// <summary>Cancels a command.</summary>
    /// <param name="fence">Its fence.</param>
    /// <returns>What became of it.</returns>
    public abstract DeviceCancelResult TryCancel(Fence fence);

    /// <summary>The hardware is gone.</summary>
    /// <param name="reason">What to say.</param>
    public abstract void Lose(Exception reason);

    /// <summary>Subscribes the device to the owner of its memory, for all of it.</summary>
    /// <param name="notifier">The owner's notifier.</param>
    public abstract void Attach(InvalidationNotifier notifier);

    /// <summary>Ends the device: what was accepted ends first.</summary>
    /// <returns>To be awaited.</returns>
    public abstract ValueTask DisposeAsync();
}
