// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A device without hardware, for tests: a script decides about latencies, errors, hangs, crashes and the order of completion. Its clock is a
/// <see cref="TimeProvider"/>: with a fake clock, and a queue that dispatches <see cref="DeviceDispatch.Inline"/>, every run is the same.
/// </summary>
/// <typeparam name="TCommand">The type of the commands; the script gives them a meaning.</typeparam>
/// <remarks>
/// Commands complete on the thread that advances the clock, in the order of their due times, and in the order of their starts where these are
/// equal. <b>Thread safety</b>: every member may be called from any thread at any time. <b>Allocates</b>: only when the list of running
/// commands grows.
/// </remarks>
[DebuggerDisplay("{Running} running")]
public sealed class SimulatedDevice<TCommand> : DeviceDriver<TCommand>
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly Func<TCommand, SimulatedOutcome>? _script;
    private readonly Queue<SimulatedOutcome> _next = new();  // under the lock
    private readonly List<Entry> _running = [];              // under the lock, in the order of their starts
    private readonly Lock _memory = new();                   // held while a command touches memory
    private readonly ITimer _timer;
    private long _epoch;      // written under _memory: commands of an earlier epoch were stopped
    private long _started;    // under the lock, like all counters
    private long _cancels;
    private long _resets;
    private long _changes;    // counts changes of _running

    private readonly record struct Entry(DeviceCommand<TCommand> Command, SimulatedOutcome Outcome, long Due, long Epoch);

    /// <summary>Creates the device.</summary>
    /// <param name="clock">The clock of its latencies.</param>
    /// <param name="script">Returns the outcome of a command; null for immediate success.</param>
    /// <exception cref="ArgumentNullException"><paramref name="clock"/> is null.</exception>
    public SimulatedDevice(TimeProvider clock, Func<TCommand, SimulatedOutcome>? script = null)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
        _script = script;
        _timer = clock.CreateTimer(
            static state => ((SimulatedDevice<TCommand>)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// The effect of a command that succeeds; called just before the command is reported. Calls are made one at a time, and resets and stops
    /// wait for them: so the delegate must not lose or reset its own device. An exception becomes the fault of the command.
    /// </summary>
    public Action<TCommand>? Execute { get; init; }

    /// <summary>Returns the memory that a command uses; null for none.</summary>
    public Func<TCommand, AddressRange>? RangeOf { get; init; }

    /// <summary>Whether a running command can be canceled; true by default.</summary>
    public bool HonorsCancel { get; init; } = true;

    /// <summary>Whether a reset succeeds; true by default.</summary>
    public bool CanReset { get; init; } = true;

    /// <summary>
    /// Whether the device stops when it is lost; true by default. Otherwise it continues with its commands, as hardware that can no longer be
    /// reached may do, and the memory that they use stays in quarantine.
    /// </summary>
    public bool StopsWhenLost { get; init; } = true;

    /// <summary>The number of commands that were started and not reported.</summary>
    public int Running => (int)Read(static device => device._running.Count);

    /// <summary>The number of running commands that hang.</summary>
    public int Hung => (int)Read(static device => device._running.Count(entry => entry.Due == long.MaxValue));

    /// <summary>The number of commands that were ever started.</summary>
    public long Started => Read(static device => device._started);

    /// <summary>The number of cancellations that were requested.</summary>
    public long Cancels => Read(static device => device._cancels);

    /// <summary>The number of resets that were requested.</summary>
    public long Resets => Read(static device => device._resets);

    /// <summary>
    /// Sets the outcome of the next command that starts, in place of the script. Several calls set the outcomes of several commands.
    /// </summary>
    /// <param name="outcome">The outcome.</param>
    public void Enqueue(SimulatedOutcome outcome)
    {
        _lock.EnterShielded();
        _next.Enqueue(outcome);
        _lock.Exit();
    }

    /// <summary>Completes all commands that hang, in the order of their starts.</summary>
    /// <returns>The number of commands.</returns>
    public int ReleaseHung()
    {
        int count = 0;
        while (TryTake(static (entry, _) => entry.Due == long.MaxValue, 0, out Entry entry))
        {
            Report(entry);
            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public override void Start(ReadOnlySpan<DeviceCommand<TCommand>> batch)
    {
        foreach (ref readonly DeviceCommand<TCommand> command in batch)
        {
            SimulatedOutcome outcome = NextOutcome(command.Payload);
            if (outcome.IsCrash)
            {
                throw outcome.Error!;
            }

            if (outcome.Latency == TimeSpan.Zero)
            {
                Report(new Entry(command, outcome, 0, Volatile.Read(ref _epoch)));
                continue;
            }

            long due = outcome.Latency == Timeout.InfiniteTimeSpan
                ? long.MaxValue
                : _clock.GetTimestamp() + (long)Math.Round(outcome.Latency.TotalSeconds * _clock.TimestampFrequency);
            _lock.EnterShielded();
            _running.Add(new Entry(command, outcome, due, Volatile.Read(ref _epoch)));
            _changes++;
            _lock.Exit();
            SetTimer();
        }
    }

    /// <inheritdoc/>
    public override void Cancel(in DeviceCommand<TCommand> command)
    {
        _lock.EnterShielded();
        _cancels++;
        _lock.Exit();
        if (HonorsCancel && TryTake(static (entry, point) => entry.Command.Point == point, command.Point, out Entry entry))
        {
            entry.Command.Cancel();
        }
    }

    /// <inheritdoc/>
    public override bool TryReset()
    {
        _lock.EnterShielded();
        _resets++;
        _lock.Exit();
        if (CanReset)
        {
            Stop();
        }

        return CanReset;
    }

    /// <inheritdoc/>
    public override void OnLost(Exception reason)
    {
        if (StopsWhenLost)
        {
            Stop();
        }
        else
        {
            base.OnLost(reason);
        }
    }

    /// <inheritdoc/>
    public override int GetRanges(in TCommand command, Span<AddressRange> ranges)
    {
        if (RangeOf is null)
        {
            return 0;
        }

        ranges[0] = RangeOf(command);
        return 1;
    }

    /// <inheritdoc/>
    public override void Close() => _timer.Dispose();

    private SimulatedOutcome NextOutcome(TCommand command)
    {
        _lock.EnterShielded();
        _started++;
        bool found = _next.TryDequeue(out SimulatedOutcome outcome);
        _lock.Exit();
        return found ? outcome : _script?.Invoke(command) ?? SimulatedOutcome.AtOnce;
    }

    private void Report(in Entry entry)
    {
        if (entry.Outcome.Error is not null)
        {
            entry.Command.Fail(entry.Outcome.Error);
            return;
        }

        if (Execute is not null)
        {
            using FenceContractScope signaling = entry.Command.BeginSignaling(file: null, line: 0);
            Exception? thrown = null;
            _memory.EnterShielded();
            try
            {
                if (entry.Epoch != _epoch)
                {
                    return;
                }

                Execute(entry.Command.Payload);
            }
            catch (Exception exception)
            {
                thrown = exception; // on the thread of a timer nothing would catch it
            }
            finally
            {
                _memory.Exit();
            }

            if (thrown is not null)
            {
                entry.Command.Fail(thrown);
                return;
            }
        }

        entry.Command.Complete();
    }

    /// <summary>Stops all commands. When it returns, no command that was started before touches memory any longer.</summary>
    private void Stop()
    {
        _lock.EnterShielded();
        _running.Clear();
        _changes++;
        _lock.Exit();
        SetTimer();
        _memory.EnterShielded();
        _epoch++;
        _memory.Exit();
    }

    private void OnTimer()
    {
        long now = _clock.GetTimestamp();
        while (TryTake(static (entry, now) => entry.Due <= (long)now, (ulong)now, out Entry entry))
        {
            Report(entry);
        }

        SetTimer();
    }

    /// <summary>Removes the matching entry with the earliest due time, and among equals the one that started first.</summary>
    private bool TryTake(Func<Entry, ulong, bool> fits, ulong argument, out Entry taken)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        int best = -1;
        for (int i = 0; i < _running.Count; i++)
        {
            if (fits(_running[i], argument) && (best < 0 || _running[i].Due < _running[best].Due))
            {
                best = i;
            }
        }

        taken = best < 0 ? default : _running[best];
        if (best >= 0)
        {
            _running.RemoveAt(best);
            _changes++;
        }

        return best >= 0;
    }

    /// <summary>
    /// Sets the timer, outside the lock: clock and timer may be user code, and the timer may fire inside Change. When two threads set it at
    /// the same time, the one with the older view may come last; it finds out that _changes has moved, and sets the timer again.
    /// </summary>
    private void SetTimer()
    {
        long seen;
        do
        {
            _timer.ChangeShielded(UntilNext(out seen));
        }
        while (Read(static device => device._changes) != seen);
    }

    private TimeSpan UntilNext(out long changes)
    {
        long due = long.MaxValue;
        _lock.EnterShielded();
        changes = _changes;
        foreach (Entry entry in _running)
        {
            due = Math.Min(due, entry.Due);
        }

        _lock.Exit();
        TimeSpan wait = Timeout.InfiniteTimeSpan;
        if (due != long.MaxValue)
        {
            // Rounded up: a timer that comes too early would only have to be set again.
            double ticks = Math.Max(0, due - _clock.GetTimestamp()) / (double)_clock.TimestampFrequency * TimeSpan.TicksPerSecond;
            wait = TimeSpan.FromTicks((long)Math.Ceiling(ticks));
        }

        return wait;
    }

    private long Read(Func<SimulatedDevice<TCommand>, long> counter)
    {
        _lock.EnterShielded();
        long value = counter(this);
        _lock.Exit();
        return value;
    }
}
