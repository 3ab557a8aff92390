// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>One command in the hands of its driver: what is to be done, and the way to say that it is done.</summary>
/// <typeparam name="TCommand">What the device understands.</typeparam>
/// <remarks>
/// A value; copies are the same command. <b>Thread safety</b>: every member may be called from any thread at any time. Only the first
/// report counts; any later one, also after a reset or the loss of the device, is ignored and counted.
/// </remarks>
[DebuggerDisplay("{Fence}: {Payload}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Compare the fences.")]
public readonly struct DeviceCommand<TCommand>
{
    private readonly DeviceQueue<TCommand>? _queue; // null in a command that was never submitted

    internal DeviceCommand(DeviceQueue<TCommand> queue, ulong point, TCommand payload)
    {
        _queue = queue;
        Point = point;
        Payload = payload;
    }

    private DeviceQueue<TCommand> Queue => _queue ?? throw new InvalidOperationException("A default DeviceCommand belongs to no queue.");

    /// <summary>What is to be done.</summary>
    public TCommand Payload { get; }

    /// <summary>
    /// The number of the command in its queue, from 1: fit to be the tag of a request. With <see cref="DeviceQueueOptions.IsUnordered"/> it is
    /// unique, and does not rise by one.
    /// </summary>
    public ulong Point { get; }

    /// <summary>The fence that its submitter holds.</summary>
    /// <exception cref="InvalidOperationException">This is a default value, as in every other member that needs the queue.</exception>
    public Fence Fence => Queue.FenceOf(Point);

    /// <summary>
    /// Says that this thread is on the way to the report of a command: a reaper of completions, an interrupt handler. Around
    /// <see cref="DeviceDriver{TCommand}.Start"/> the queue says so itself.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it on this thread.</returns>
    /// <remarks>As <see cref="FenceTimeline.BeginSignaling"/>. Never blocks. Nothing when the contract is not checked.</remarks>
    public FenceContractScope BeginSignaling([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        FenceContract.BeginSignaling(Queue.ContractMap, file, line);

    /// <summary>Reports that the command is done and that the device uses none of its memory any more.</summary>
    /// <returns>True for the one report that counts.</returns>
    /// <remarks>
    /// Its fence signals as soon as all earlier commands of the queue are over; callbacks may run on this thread. Never blocks, never
    /// allocates. May be called before <see cref="DeviceDriver{TCommand}.Start"/> returns.
    /// </remarks>
    public bool Complete() => Queue.Finish(Point, fault: null);

    /// <summary>Reports that the command failed, and that the device uses none of its memory any more.</summary>
    /// <param name="error">What went wrong; every waiter gets this object.</param>
    /// <returns>True for the one report that counts.</returns>
    /// <remarks>As <see cref="Complete"/>.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Fail(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return Queue.Finish(Point, error);
    }

    /// <summary>Reports that the command was stopped because it was canceled. Allocates nothing.</summary>
    /// <returns>True for the one report that counts.</returns>
    /// <remarks>As <see cref="Complete"/>.</remarks>
    public bool Cancel() => Queue.Finish(Point, Queue.CanceledError);
}
