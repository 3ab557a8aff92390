// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>The adapter between the checks and a device. Every check creates a new one by the factory, and disposes it.</summary>
/// <remarks>
/// For drivers of a <see cref="DeviceQueue{TCommand}"/>, derive from <see cref="QueueUnderTest{TCommand}"/>, which does most of the work.
/// </remarks>
public abstract class DeviceUnderTest : IAsyncDisposable
{
    /// <summary>The number of bytes that one command writes.</summary>
    public abstract int BlockSize { get; }

    /// <summary>
    /// The memory that the device writes to; at least 8 blocks. It must stay valid after the device is disposed: the checks look for late
    /// writes.
    /// </summary>
    public abstract Span<byte> Memory { get; }

    /// <summary>The number of running commands with <see cref="ConformanceCommand.IsHeld"/>.</summary>
    public abstract int Held { get; }

    /// <summary>
    /// Whether commands that do not depend on each other may end in any order; false unless overridden. If true, the device must be able to
    /// run two commands at the same time.
    /// </summary>
    public virtual bool IsUnordered => false;

    /// <summary>Returns the address range of a block, as commands and invalidations use it.</summary>
    /// <param name="offset">The offset of the block.</param>
    /// <returns>The range.</returns>
    public abstract AddressRange RangeOf(int offset);

    /// <summary>Lets held commands end, including those that are submitted later.</summary>
    public abstract void Release();

    /// <summary>Submits a command. Must not wait.</summary>
    /// <param name="command">The command.</param>
    /// <param name="dependencies">Fences that must signal before the command starts.</param>
    /// <param name="fence">The fence of the command.</param>
    /// <returns>Whether the command was accepted.</returns>
    public abstract DeviceSubmitStatus TrySubmit(in ConformanceCommand command, ReadOnlySpan<Fence> dependencies, out Fence fence);

    /// <summary>Cancels a command.</summary>
    /// <param name="fence">The fence of the command.</param>
    /// <returns>The result of the attempt.</returns>
    public abstract DeviceCancelResult TryCancel(Fence fence);

    /// <summary>Simulates the loss of the hardware.</summary>
    /// <param name="reason">The reason for the loss.</param>
    public abstract void Lose(Exception reason);

    /// <summary>Subscribes the device to invalidations of its whole memory.</summary>
    /// <param name="notifier">The owner's notifier.</param>
    public abstract void Attach(InvalidationNotifier notifier);

    /// <summary>Ends the device after all accepted commands have ended.</summary>
    /// <returns>A task that completes when the device has ended.</returns>
    public abstract ValueTask DisposeAsync();
}
