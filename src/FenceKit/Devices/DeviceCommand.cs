// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>One command that was handed to its driver: its payload, and the members by which the driver reports its end.</summary>
/// <typeparam name="TCommand">The type of the queue's commands.</typeparam>
/// <remarks>
/// Copies of this value stand for the same command. <b>Thread safety</b>: every member may be called from any thread at any time. Only the
/// first report has an effect; later ones, and those after a reset or the loss of the device, are ignored and counted in
/// <see cref="DeviceQueueStatistics.StrayCompletions"/>.
/// </remarks>
[DebuggerDisplay("{Fence}: {Payload}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Compare the fences.")]
public readonly struct DeviceCommand<TCommand>
{
    private readonly DeviceQueue<TCommand>? _queue; // null in a default value

    internal DeviceCommand(DeviceQueue<TCommand> queue, ulong point, TCommand payload)
    {
        _queue = queue;
        Point = point;
        Payload = payload;
    }

    private DeviceQueue<TCommand> Queue => _queue ?? throw new InvalidOperationException("A default DeviceCommand belongs to no queue.");

    /// <summary>The command as it was submitted.</summary>
    public TCommand Payload { get; }

    /// <summary>
    /// The number of the command in its queue, starting at 1; it can serve as the tag of a hardware request. With
    /// <see cref="DeviceQueueOptions.IsUnordered"/> the numbers are unique, but not consecutive.
    /// </summary>
    public ulong Point { get; }

    /// <summary>The fence of the command, as its submitter got it.</summary>
    /// <exception cref="InvalidOperationException">
    /// This is a default value. All members but <see cref="Payload"/> and <see cref="Point"/> throw this.
    /// </exception>
    public Fence Fence => Queue.FenceOf(Point);

    /// <summary>
    /// Opens a signaling section for a thread that is about to report a command, such as a completion thread or an interrupt handler. The
    /// queue opens one itself around <see cref="DeviceDriver{TCommand}.Start"/>.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The section; dispose it on this thread.</returns>
    /// <remarks>See <see cref="FenceTimeline.BeginSignaling"/>. Never blocks. Does nothing when the contract is not checked.</remarks>
    public FenceContractScope BeginSignaling([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        FenceContract.BeginSignaling(Queue.ContractMap, file, line);

    /// <summary>Reports that the command succeeded, and that the device no longer uses any of its memory.</summary>
    /// <returns>True for the report that has an effect.</returns>
    /// <remarks>
    /// The fence of the command signals as soon as all earlier commands of the queue have ended. Callbacks may run on this thread. Never
    /// blocks, never allocates. May be called before <see cref="DeviceDriver{TCommand}.Start"/> returns.
    /// </remarks>
    public bool Complete() => Queue.Finish(Point, fault: null);

    /// <summary>Reports that the command failed, and that the device no longer uses any of its memory.</summary>
    /// <param name="error">The error; every waiter gets this object.</param>
    /// <returns>True for the report that has an effect.</returns>
    /// <remarks>Behaves otherwise like <see cref="Complete"/>.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool Fail(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return Queue.Finish(Point, error);
    }

    /// <summary>Reports that the command was stopped because it was canceled. Allocates nothing.</summary>
    /// <returns>True for the report that has an effect.</returns>
    /// <remarks>Behaves otherwise like <see cref="Complete"/>.</remarks>
    public bool Cancel() => Queue.Finish(Point, Queue.CanceledError);
}
