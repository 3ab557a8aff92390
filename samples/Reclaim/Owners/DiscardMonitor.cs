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
///   held             C wait        one budget for all fences
/// goes on ◀──ack──   gone, commit  the devices may come back
/// </code>
/// </remarks>
internal sealed class DiscardMonitor : IDisposable
{
    // Generous, because this owner cannot back off: the kernel's caller has made up its mind. A device that needs longer is broken.
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(10);
    private readonly IDiscardEvents _events;
    private readonly InvalidationNotifier _notifier;
    private readonly PageMemory _memory;
    private readonly FrameTable _frames;
    private readonly RingDevice _device;
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
            buffer => Worker.Start($"monitor {buffer}", () => Run(buffer), _ => events.Abandon()))];
    }

    /// <summary>Invalidations so far.</summary>
    public long Invalidations => Volatile.Read(ref _invalidations);

    /// <summary>Those that found requests of the ring device in flight in their buffer.</summary>
    public long CaughtInFlight => Volatile.Read(ref _caughtInFlight);

    /// <summary>To be called once nobody discards any more: a discard without a monitor would hang.</summary>
    public void Dispose()
    {
        _events.Stop();
        Array.ForEach(_threads, static thread => thread.Join());
    }

    private void Run(int buffer)
    {
        while (_events.Wait(buffer))
        {
            bool isCaught = _device[buffer].InFlight > 0;
            using InvalidationSession session = Schedule(_memory.RangeOf(buffer));
            _frames.Park(buffer);
            InvalidationOutcome outcome = session.Wait(s_budget);
            if (outcome != InvalidationOutcome.Completed)
            {
                throw new TimeoutException($"Buffer {buffer} could not be taken from its devices: {outcome}.");
            }

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
            Thread.Yield(); // somebody's queue was full; it is being worked off
        }

        return session;
    }
}
