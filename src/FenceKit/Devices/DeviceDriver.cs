// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// What the author of a driver writes; a <see cref="DeviceQueue{TCommand}"/> does the rest: order, room, dependencies, cancellation,
/// hangs, loss and invalidation.
/// </summary>
/// <typeparam name="TCommand">What the device understands.</typeparam>
/// <remarks>
/// <b>Calls</b>: the queue makes every call one at a time, never two at once, and under no lock. <see cref="GetRanges"/> and
/// <see cref="TrySchedule"/> are the exceptions, and <see cref="GetHangTimeout"/>: they run on the threads of others, at any time.
/// Calls must return in finite time: the watchdog gives a device up whose driver does not. An exception out of a call means that nobody
/// knows what the device does now; the device counts as lost.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public abstract class DeviceDriver<TCommand>
{
    /// <summary>Hands commands to the device.</summary>
    /// <param name="batch">One or more, in order; valid during the call only, copy what is needed.</param>
    /// <remarks>
    /// Must not wait for the device. Every command must be reported in the end, by <see cref="DeviceCommand{TCommand}.Complete"/> or
    /// one of its neighbors, from any thread, in any order. Everything that the commands depend on is done, and their ranges stay
    /// valid until they are reported.
    /// </remarks>
    public abstract void Start(ReadOnlySpan<DeviceCommand<TCommand>> batch);

    /// <summary>Asks the device to stop a running command. It must be reported all the same. Does nothing unless overridden.</summary>
    /// <param name="command">A command that was started, and may be over by now.</param>
    public virtual void Cancel(in DeviceCommand<TCommand> command)
    {
    }

    /// <summary>How long a command may run before <see cref="IsHung"/> is asked about it; the queue's limit unless overridden.</summary>
    /// <param name="command">The command.</param>
    /// <param name="usual"><see cref="DeviceQueueOptions.HangTimeout"/>.</param>
    /// <returns>The limit; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</returns>
    /// <remarks>
    /// Called by the submitter, once a command. Must not wait. Counted while the command is the oldest that runs, and found out after one
    /// to two such times.
    /// </remarks>
    public virtual TimeSpan GetHangTimeout(in TCommand command, TimeSpan usual) => usual;

    /// <summary>
    /// A command has used up its time: whether it hangs. A driver that can see it make progress says false, and is asked again when the
    /// same time has passed once more; so may one that has just failed or stopped the command by itself. True unless overridden.
    /// </summary>
    /// <param name="command">The oldest command that runs; it may be over by now.</param>
    /// <returns>True: the queue resets the device. False: the command is left alone.</returns>
    public virtual bool IsHung(in DeviceCommand<TCommand> command) => true;

    /// <summary>Stops everything that the device does, so that it can begin afresh. Impossible unless overridden.</summary>
    /// <returns>
    /// True: nothing that was started before touches memory any more; the queue faults what was running and goes on with what is
    /// waiting. False: the device is lost.
    /// </returns>
    public virtual bool TryReset() => false;

    /// <summary>The device is given up: the last chance to stop it. Called at most once.</summary>
    /// <param name="reason">Why.</param>
    /// <remarks>
    /// <para>An override that returns says by this that <b>the device has stopped</b>: nothing that was started before touches memory any
    /// more. Then the fences fault and the memory can be given away. An override that cannot say so throws, or calls this
    /// implementation.</para>
    /// <para>This implementation stops nothing and says nothing. What the device may still touch then stays in quarantine (the ranges of the
    /// commands that were running; with <see cref="KeepsMappings"/> all that is attached), until
    /// <see cref="DeviceQueue{TCommand}.ReportStopped"/> is called. The same holds if a call into the driver throws here or never returns.</para>
    /// </remarks>
    public virtual void OnLost(Exception reason) => HasSaidNothing = true;

    /// <summary>The base implementation of <see cref="OnLost"/> ran. Only the thread that calls the driver reads and writes it.</summary>
    internal bool HasSaidNothing { get; private set; }

    /// <summary>Says which ranges a command uses while it runs. None unless overridden.</summary>
    /// <param name="command">The command.</param>
    /// <param name="ranges">To be filled; as long as <see cref="DeviceQueueOptions.MaxRanges"/>.</param>
    /// <returns>How many.</returns>
    /// <remarks>Called by the submitter, once a command. Must not wait.</remarks>
    public virtual int GetRanges(in TCommand command, Span<AddressRange> ranges) => 0;

    /// <summary>
    /// Whether the device keeps something for a range beyond the command that used it: a translation, a pin, a registration. Then an
    /// invalidation calls <see cref="Unmap"/> and is over when that returns. Read once, when the queue is made.
    /// </summary>
    public virtual bool KeepsMappings => false;

    /// <summary>Drops whatever the device keeps for a range. No command that uses the range is running.</summary>
    /// <param name="range">What is going away.</param>
    public virtual void Unmap(AddressRange range)
    {
    }

    /// <summary>The device's own way to let go of a range; usually the one that the queue offers.</summary>
    /// <param name="request">What to let go of.</param>
    /// <param name="drained">
    /// Signals when no command that uses the range runs any more, and <see cref="Unmap"/> has run if the device keeps mappings.
    /// <c>default</c> when that is so already.
    /// </param>
    /// <param name="fence">What the owner of the memory waits for; <paramref name="drained"/> unless overridden.</param>
    /// <returns>False when it cannot start without blocking.</returns>
    /// <remarks>As <see cref="IInvalidationSubscriber.TrySchedule"/>: must not wait, must not allocate.</remarks>
    public virtual bool TrySchedule(in InvalidationRequest request, Fence drained, out Fence fence)
    {
        fence = drained;
        return true;
    }

    /// <summary>
    /// The queue is over: gives back what the driver holds, mappings too. The last call; nothing runs any more, unless the device was lost and
    /// could not be stopped.
    /// </summary>
    public virtual void Close()
    {
    }
}
