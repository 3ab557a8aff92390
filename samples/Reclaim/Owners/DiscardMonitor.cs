// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Devices;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Owners;

/// <summary>
/// Turns discards that others begin into invalidations: the caller of madvise is held back in the kernel while the devices let go, and
/// goes on when the event is acknowledged.
/// </summary>
/// <remarks>
/// <code>
/// madvise ──event──▶ A schedule    every device begins to stop; nobody waits
///   held             B park        the table shows nothing of the buffer any more
///   held             C wait        once, for all fences
/// goes on ◀──ack──   gone, commit  the devices may come back
/// </code>
/// </remarks>
internal sealed class DiscardMonitor : IDisposable
{
    private readonly IDiscardEvents _events;
    private readonly InvalidationNotifier _notifier;
    private readonly PageMemory _memory;
    private readonly FrameTable _frames;
    private readonly RingDevice _device;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Worker[] _threads;
    private long _invalidations;
    private long _caughtInFlight;

    public DiscardMonitor(
        IDiscardEvents events, InvalidationNotifier notifier, PageMemory memory, FrameTable frames, RingDevice device)
    {
        _events = events;
        _notifier = notifier;
        _memory = memory;
        _frames = frames;
        _device = device;

        // A monitor that dies must not leave callers in the kernel, where only SIGKILL would reach them.
        _threads = [.. Enumerable.Range(0, memory.Buffers).Select(
            buffer => Worker.Start($"monitor {buffer}", () => Run(buffer), _ => Abandon()))];
    }

    /// <summary>Invalidations so far.</summary>
    public long Invalidations => Volatile.Read(ref _invalidations);

    /// <summary>Those that found requests of the ring device in flight in their buffer.</summary>
    public long CaughtInFlight => Volatile.Read(ref _caughtInFlight);

    /// <summary>Lets everybody go who is held, and gives up: what they take away is then taken from under the devices.</summary>
    public void Abandon()
    {
        _events.Abandon();
        _abandoned.Cancel();
    }

    /// <summary>To be called once nobody discards any more: a discard without a monitor would hang.</summary>
    /// <exception cref="TimeoutException">A device had not let go when the monitor was told to give up.</exception>
    public void Dispose()
    {
        _events.Stop();
        Array.ForEach(_threads, static thread => thread.Join());
        _abandoned.Dispose();
    }

    private void Run(int buffer)
    {
        while (_events.Wait(buffer))
        {
            bool isCaught = _device[buffer].InFlight > 0;
            using InvalidationSession session = Schedule(_memory.RangeOf(buffer));
            _frames.Park(buffer);
            Wait(session, buffer);
            _frames.Free(_events.Acknowledge(buffer));
            _frames.Restore(buffer);
            session.Commit();

            Interlocked.Increment(ref _invalidations);
            Interlocked.Add(ref _caughtInFlight, isCaught ? 1 : 0);
            _device.Wake();
        }
    }

    private InvalidationSession Schedule(AddressRange range)
    {
        InvalidationSession session;
        while (!_notifier.TrySchedule(range, InvalidationReason.Discard, out session))
        {
            _abandoned.Token.ThrowIfCancellationRequested();
            Thread.Yield(); // somebody's queue was full; it is being worked off
        }

        return session;
    }

    /// <summary>
    /// Without a limit of its own: this owner cannot back off, for the caller of madvise has made up his mind. The watchdog can.
    /// </summary>
    private void Wait(InvalidationSession session, int buffer)
    {
        try
        {
            if (session.Wait(Timeout.InfiniteTimeSpan, _abandoned.Token) != InvalidationOutcome.Completed)
            {
                throw new IOException($"Buffer {buffer} cannot be taken away: {NameHolder(session)} failed.");
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"Buffer {buffer} is still held by {NameHolder(session)}; the watchdog closed the descriptors and let the callers go.");
        }
    }

    private static string NameHolder(InvalidationSession session)
    {
        var holders = new PendingInvalidation[1];
        return session.CopyPending(holders) > 0
            ? $"'{holders[0].Name}' after {holders[0].Held.TotalSeconds:F1} s"
            : "nobody";
    }
}
