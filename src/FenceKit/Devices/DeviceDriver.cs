// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The base class of drivers. A driver only talks to its device; its <see cref="DeviceQueue{TCommand}"/> takes care of order, room,
/// dependencies, cancellation, hangs, loss and invalidation.
/// </summary>
/// <typeparam name="TCommand">The type of the commands.</typeparam>
/// <remarks>
/// <b>Calls</b>: the queue makes one call at a time, and holds no lock during it. The exceptions are <see cref="GetRanges"/> and
/// <see cref="GetHangTimeout"/>, which submitters call, and <see cref="TrySchedule"/>, which the owner of the memory calls: they may run at
/// any time, also concurrently. Every call must return in finite time: otherwise the watchdog declares the device lost. So does an exception
/// that leaves a call, since the state of the device is unknown then.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public abstract class DeviceDriver<TCommand>
{
    /// <summary>Hands commands to the device.</summary>
    /// <param name="batch">One or more commands, in order. The span is valid only during the call; copy the commands.</param>
    /// <remarks>
    /// Must not wait for the device. Every command must be reported in the end, by <see cref="DeviceCommand{TCommand}.Complete"/>,
    /// <see cref="DeviceCommand{TCommand}.Fail"/> or <see cref="DeviceCommand{TCommand}.Cancel"/>, from any thread and in any order. All
    /// dependencies of the commands have signaled, and their ranges stay valid until the commands are reported.
    /// </remarks>
    public abstract void Start(ReadOnlySpan<DeviceCommand<TCommand>> batch);

    /// <summary>Asks the device to stop a running command. The driver must still report the command. Does nothing unless overridden.</summary>
    /// <param name="command">A command that was started; it may have ended in the meantime.</param>
    public virtual void Cancel(in DeviceCommand<TCommand> command)
    {
    }

    /// <summary>Returns how long a command may run before the queue calls <see cref="IsHung"/> for it; the queue's limit unless overridden.</summary>
    /// <param name="command">The command.</param>
    /// <param name="usual"><see cref="DeviceQueueOptions.HangTimeout"/>.</param>
    /// <returns>The limit; <see cref="Timeout.InfiniteTimeSpan"/> for none.</returns>
    /// <remarks>
    /// Called by the submitter, once per command. Must not wait. The time counts while the command is the oldest running one. The watchdog
    /// notices a late command after one to two times the limit.
    /// </remarks>
    public virtual TimeSpan GetHangTimeout(in TCommand command, TimeSpan usual) => usual;

    /// <summary>
    /// Decides whether a command that has exceeded its time limit hangs. Return false if the command makes progress, or if the driver has
    /// just failed or stopped it: the queue asks again when the same time has passed once more. True unless overridden.
    /// </summary>
    /// <param name="command">The oldest running command; it may have ended in the meantime.</param>
    /// <returns>True: the queue resets the device. False: the command goes on.</returns>
    public virtual bool IsHung(in DeviceCommand<TCommand> command) => true;

    /// <summary>Stops everything that the device does, so that it can start again. Returns false unless overridden.</summary>
    /// <returns>
    /// True: no command that was started before touches memory any longer; the queue faults the running commands and goes on with the waiting
    /// ones. False: the device is lost.
    /// </returns>
    public virtual bool TryReset() => false;

    /// <summary>Called at most once, when the device is declared lost: the last chance to stop it.</summary>
    /// <param name="reason">The reason for the loss.</param>
    /// <remarks>
    /// <para>An override that returns promises by this that <b>the device has stopped</b>: no command that was started before touches memory
    /// any longer. Then the fences fault and the memory can be reused. An override that cannot promise this throws, or calls the base
    /// implementation.</para>
    /// <para>The base implementation stops nothing and promises nothing. Memory that the device may still touch then stays in quarantine
    /// until <see cref="DeviceQueue{TCommand}.ReportStopped"/> is called: the ranges of the commands that were running or, with
    /// <see cref="KeepsMappings"/>, everything that is attached. The same happens when an override throws or never returns.</para>
    /// </remarks>
    public virtual void OnLost(Exception reason) => HasRunBaseOnLost = true;

    /// <summary>
    /// True after the base implementation of <see cref="OnLost"/> has run. Read and written only by the thread that calls the driver.
    /// </summary>
    internal bool HasRunBaseOnLost { get; private set; }

    /// <summary>Returns the memory ranges that a command uses while it runs. None unless overridden.</summary>
    /// <param name="command">The command.</param>
    /// <param name="ranges">The span to fill; its length is <see cref="DeviceQueueOptions.MaxRanges"/>.</param>
    /// <returns>The number of ranges.</returns>
    /// <remarks>Called by the submitter, once per command. Must not wait.</remarks>
    public virtual int GetRanges(in TCommand command, Span<AddressRange> ranges) => 0;

    /// <summary>
    /// Whether the device keeps a translation, a pin or a registration of a range after the command that used the range has ended. Then an
    /// invalidation calls <see cref="Unmap"/>, and waits until it has returned. Read once, when the queue is created.
    /// </summary>
    public virtual bool KeepsMappings => false;

    /// <summary>Drops the mappings that the device keeps for a range. No command that uses the range is running.</summary>
    /// <param name="range">The range that is invalidated.</param>
    public virtual void Unmap(AddressRange range)
    {
    }

    /// <summary>
    /// Starts to release a range, in phase A of an invalidation. Override it if the device has a faster way than to wait for its commands.
    /// </summary>
    /// <param name="request">The range to release, and why.</param>
    /// <param name="drained">
    /// A fence of the queue. It signals when all running commands that use the range have ended and, if the device keeps mappings,
    /// <see cref="Unmap"/> has returned. <c>default</c> when there is nothing to wait for.
    /// </param>
    /// <param name="fence">The fence that the owner of the memory waits for; <paramref name="drained"/> unless overridden.</param>
    /// <returns>False when the device cannot start without blocking.</returns>
    /// <remarks>Must not wait and must not allocate; see <see cref="IInvalidationSubscriber.TrySchedule"/>.</remarks>
    public virtual bool TrySchedule(in InvalidationRequest request, Fence drained, out Fence fence)
    {
        fence = drained;
        return true;
    }

    /// <summary>
    /// Frees the resources of the driver, including mappings. The last call of the queue: no command runs any longer, unless the device was
    /// lost and could not be stopped.
    /// </summary>
    public virtual void Close()
    {
    }
}
