// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;
using FenceKit.Tests;

namespace FenceKit.Conformance.Tests;

/// <summary>
/// A driver written by hand, without a DeviceQueue: one worker thread, one lock. Without a defect it keeps the contract; with one it
/// breaks it in one place, so that it can be seen whether the checks notice.
/// </summary>
internal sealed class PlainDevice : DeviceUnderTest, IInvalidationSubscriber
{
    private const int Block = 64;
    private const ulong Base = 0x10000;

    private readonly Defect _defect;
    private readonly bool _refusesBusyRanges;
    private readonly byte[] _memory = new byte[8 * Block];
    private readonly object _gate = new();
    private readonly List<Command> _queue = [];
    private readonly Thread _worker;
    private readonly FenceTimeline _timeline = new("plain");
    private InvalidationSubscription? _subscription;
    private Command? _running;
    private Command? _afterlife;
    private int _held;
    private bool _released;
    private bool _closing;
    private Exception? _lost;
    private object? _waste;
    private int _struck;

    internal PlainDevice(Defect defect = Defect.None, bool refusesBusyRanges = false)
    {
        _defect = defect;
        _refusesBusyRanges = refusesBusyRanges;
        _worker = new Thread(Work) { IsBackground = true, Name = $"plain {defect}" };
        _worker.Start();
    }

    private sealed class Command
    {
        internal required FenceTimeline Timeline;
        internal required Fence Fence;
        internal required ConformanceCommand What;
        internal required Fence[] Dependencies;
        internal bool IsCanceled;
    }

    private sealed class Wake(object gate) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
            lock (gate)
            {
                Monitor.PulseAll(gate);
            }
        }
    }

    private bool OutlivesLoss => _defect is Defect.WritesOnAfterLoss or Defect.GivesMemoryAwayAfterLoss;

    /// <summary>How often it did wrong what it is there to do wrong.</summary>
    internal int Struck => Volatile.Read(ref _struck);

    public override int BlockSize => Block;

    public override Span<byte> Memory => _memory;

    public override int Held => Volatile.Read(ref _held);

    public override AddressRange RangeOf(int offset) => AddressRange.FromLength(Base + (ulong)offset, Block);

    public override void Release()
    {
        lock (_gate)
        {
            _released = true;
            Monitor.PulseAll(_gate);
        }
    }

    public override DeviceSubmitStatus TrySubmit(in ConformanceCommand command, ReadOnlySpan<Fence> dependencies, out Fence fence)
    {
        fence = default;
        lock (_gate)
        {
            if (_lost is not null && !Strikes(Defect.AcceptsWorkAfterLoss))
            {
                return DeviceSubmitStatus.Lost;
            }

            if (_closing)
            {
                return DeviceSubmitStatus.Closed;
            }

            if (_queue.Count >= 32 && _lost is null)
            {
                return DeviceSubmitStatus.Full;
            }

            if (_refusesBusyRanges && _subscription?.TryBeginRead(RangeOf(command.Offset), out _) == false)
            {
                return DeviceSubmitStatus.RangeBusy;
            }

            FenceTimeline timeline = _defect == Defect.SignalsOutOfOrder || _lost is not null ? new FenceTimeline("plain") : _timeline;
            fence = timeline.Issue();
            if (dependencies.Length > 0 && Strikes(Defect.BlocksItsWorkerForADependency))
            {
                dependencies[0].Wait();
            }

            foreach (Fence dependency in dependencies)
            {
                dependency.TryAddCallback(new Wake(_gate));
            }

            _queue.Add(new Command { Timeline = timeline, Fence = fence, What = command, Dependencies = dependencies.ToArray() });
            Monitor.PulseAll(_gate);
        }

        if (Strikes(Defect.BlocksTheSubmitter))
        {
            fence.Wait();
        }

        return DeviceSubmitStatus.Submitted;
    }

    public override DeviceCancelResult TryCancel(Fence fence)
    {
        lock (_gate)
        {
            Command? waiting = _queue.Find(command => command.Fence == fence);
            if (waiting is not null)
            {
                waiting.IsCanceled = !Strikes(Defect.RunsWhatWasCanceled);
                Monitor.PulseAll(_gate);
                return DeviceCancelResult.Canceled;
            }

            if (_running?.Fence == fence)
            {
                _running.IsCanceled = true;
                Monitor.PulseAll(_gate);
                return DeviceCancelResult.Requested;
            }

            return DeviceCancelResult.TooLate;
        }
    }

    public override void Lose(Exception reason)
    {
        if (Strikes(Defect.IgnoresLoss))
        {
            return;
        }

        lock (_gate)
        {
            _lost ??= reason;
            Monitor.PulseAll(_gate);
        }

        // The worker ends what it is at, so that nothing is written once the fences fault.
        if (!Strikes(Defect.WritesOnAfterLoss) && !Strikes(Defect.GivesMemoryAwayAfterLoss))
        {
            _worker.Join();
        }

        Poison(reason);
        if (!Strikes(Defect.StaysSubscribedAfterLoss))
        {
            _subscription?.Dispose();
        }
    }

    public override void Attach(InvalidationNotifier notifier) => _subscription = notifier.Subscribe(AddressRange.All, this, "plain");

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        if (Strikes(Defect.AllocatesInSchedule))
        {
            using LockSectionScope asked = ContractReports.AskedFor("a broken driver allocates");
            _waste = new object();
            GC.KeepAlive(_waste);
        }

        lock (_gate)
        {
            if (_running is not null && Strikes(Defect.ThrowsInSchedule))
            {
                throw new InvalidOperationException("busy");
            }

            if (_running is not null && RangeOf(_running.What.Offset).Overlaps(request.Overlap) && !Strikes(Defect.SaysDoneWhileItRuns))
            {
                fence = _running.Fence;
            }
        }

        if (fence != default && Strikes(Defect.WaitsInSchedule))
        {
            using LockSectionScope asked = ContractReports.AskedFor("a broken driver waits");
            fence.Wait();
        }

        return true;
    }

    public override async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closing = true;
            if (_queue.Count > 0 && Strikes(Defect.DropsWorkWhenDisposed))
            {
                _queue.Clear();
            }

            Monitor.PulseAll(_gate);
        }

        await Task.Run(_worker.Join);
        if (!Strikes(Defect.LeaksASubscription))
        {
            _subscription?.Dispose();
        }

        if (_defect != Defect.DropsWorkWhenDisposed)
        {
            _timeline.Dispose();
        }
    }

    private void Poison(Exception reason)
    {
        lock (_gate)
        {
            foreach (Command command in _queue)
            {
                command.Timeline.Poison(reason);
            }

            _running?.Timeline.Poison(reason);
        }

        _timeline.Poison(reason);
    }

    private void Work()
    {
        while (TryTake(out Command command, out Exception? fault))
        {
            if (_afterlife is not null)
            {
                Write(_afterlife);
                _afterlife = null;
            }

            if (fault is null && !command.IsCanceled)
            {
                fault = Execute(command);
            }

            lock (_gate)
            {
                _running = null;
            }

            End(command, command.IsCanceled ? new OperationCanceledException() : fault);
        }
    }

    private Exception? Execute(Command command)
    {
        if (Strikes(Defect.SignalsEarly))
        {
            command.Timeline.Signal(command.Fence);
        }

        if (command.What.IsHeld)
        {
            Interlocked.Increment(ref _held);
            lock (_gate)
            {
                while (!_released && !command.IsCanceled && (_lost is null || OutlivesLoss))
                {
                    Monitor.Wait(_gate);
                }

                if (_lost is not null && !OutlivesLoss)
                {
                    return _lost;
                }
            }

            Interlocked.Decrement(ref _held);
        }

        if (!command.IsCanceled)
        {
            Write(command);
        }

        return null;
    }

    private void Write(Command command) => _memory.AsSpan(command.What.Offset, Block).Fill(command.What.Value);

    private void End(Command command, Exception? fault)
    {
        if (Strikes(Defect.TouchesMemoryAfterItsFence))
        {
            _afterlife = command;
        }

        if (command.IsCanceled && Strikes(Defect.LosesACancel))
        {
            lock (_gate)
            {
                _queue.Clear(); // it waits for an answer that never comes
            }

            return;
        }

        if (command.Fence.Point % 8 == 0 && Strikes(Defect.ForgetsToSignal))
        {
            return;
        }

        if (fault is not null)
        {
            command.Timeline.Signal(command.Fence, fault);
            return;
        }

        if (command.Fence.Point % 2 == 0 && HasMore() && Strikes(Defect.SignalsSeveralAtOnce))
        {
            return; // the signal of the next one does for both
        }

        command.Timeline.Signal(Strikes(Defect.DoubleCompletes)
            ? Math.Min(command.Fence.Point + 1, command.Timeline.Issued)
            : command.Fence.Point);
    }

    private bool HasMore()
    {
        lock (_gate)
        {
            return _queue.Count > 0;
        }
    }

    private bool TryTake(out Command command, out Exception? fault)
    {
        lock (_gate)
        {
            while (true)
            {
                if (_lost is not null)
                {
                    command = null!;
                    fault = null;
                    return false;
                }

                int next = _queue.Count > 1 && Strikes(Defect.SignalsOutOfOrder) ? _queue.Count - 1 : 0;
                if (_queue.Count > 0 && MayStart(_queue[next], out fault))
                {
                    command = _queue[next];
                    _queue.RemoveAt(next);
                    _running = fault is null ? command : null;
                    return true;
                }

                if (_closing && _queue.Count == 0)
                {
                    command = null!;
                    fault = null;
                    return false;
                }

                // Ranges that become free do not tell us; a plain device looks again.
                Monitor.Wait(_gate, 1);
            }
        }
    }

    private bool MayStart(Command command, out Exception? fault)
    {
        fault = null;
        if (command.IsCanceled)
        {
            return true;
        }

        foreach (Fence dependency in command.Dependencies)
        {
            if (!dependency.IsSignaled && !Strikes(Defect.IgnoresDependencies))
            {
                return false;
            }

            fault ??= FaultOf(dependency);
        }

        return _subscription is null
            || _subscription.TryBeginRead(RangeOf(command.What.Offset), out _)
            || Strikes(Defect.StartsDuringAnInvalidation);
    }

    private Exception? FaultOf(Fence dependency) => dependency.GetStatus(out Exception? fault) switch
    {
        FenceStatus.Faulted when !Strikes(Defect.IgnoresFaultedDependencies) => fault,
        FenceStatus.Retired when !Strikes(Defect.TakesRetiredForSuccess) => new InvalidOperationException($"How {dependency} ended is forgotten."),
        _ => null,
    };

    /// <summary>Whether to do wrong what is done right otherwise. Asked only where it makes a difference.</summary>
    private bool Strikes(Defect defect)
    {
        if (_defect != defect)
        {
            return false;
        }

        Interlocked.Increment(ref _struck);
        return true;
    }
}
