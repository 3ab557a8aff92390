namespace FenceKit.Exploration;

/// <summary>A device queue with its device, and those who submit, cancel, lose and close it.</summary>
internal sealed class ExploredQueue
{
    private static readonly AddressRange s_memory = new(0x1000, 0x2000);

    private readonly FenceTimeline _other = new("other device", new FenceTimelineOptions { RetainedFaults = 1 });
    private readonly List<(Fence Fence, int Payload)> _submitted = [];
    private readonly bool _isUnordered;
    private readonly ManualClock _clock = new();
    private InvalidationSession _open;
    private IDisposable? _attachment;
    private int _stopped;
    private int _busy;

    /// <param name="driver">The driver.</param>
    /// <param name="submitters">Bodies that submit, cancel or end; the device stops when they are over and everything is done.</param>
    /// <param name="dispatch">Where the pump runs.</param>
    /// <param name="depth">How many commands the device takes at once.</param>
    /// <param name="isUnordered">Whether commands start and end in any order.</param>
    public ExploredQueue(
        ExploredDriver driver, int submitters = 1, DeviceDispatch dispatch = DeviceDispatch.Inline, int depth = 1, bool isUnordered = false)
    {
        _isUnordered = isUnordered;
        driver.IsUnordered = isUnordered;
        Driver = driver;
        _busy = submitters;
        Queue = new DeviceQueue<int>("queue", driver, new DeviceQueueOptions
        {
            Capacity = 2,
            Depth = depth,
            BatchSize = depth,
            MaxDependencies = 2,
            MaxRanges = 1,
            IsUnordered = isUnordered,
            MaxUnmaps = 2,
            HangTimeout = Timeout.InfiniteTimeSpan,
            DependencyTimeout = DependencyLimit,
            DrainTimeout = Timeout.InfiniteTimeSpan,
            Dispatch = dispatch,
            TimeProvider = _clock,
        });
        Dependency = _other.Issue();
    }

    /// <summary>How long a command waits for what it depends on, on the scenario's own clock.</summary>
    public static TimeSpan DependencyLimit { get; } = TimeSpan.FromMinutes(1);

    public ExploredDriver Driver { get; }

    public DeviceQueue<int> Queue { get; }

    /// <summary>A fence of another device.</summary>
    public Fence Dependency { get; }

    public Exception Error { get; } = new InvalidOperationException("lost");

    public Flows Flows { get; } = new();

    public InvalidationNotifier Notifier { get; } = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });

    public DeviceCancelResult? CancelResult { get; private set; }

    public ExploredQueue WithSubmitted(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Submit(i);
        }

        return this;
    }

    public ExploredQueue Attached()
    {
        _attachment = Queue.Attach(Notifier, s_memory);
        return this;
    }

    public static ExploredDriver DriverOfMemory(bool isSynchronous = false, bool cannotStop = false) =>
        new(isSynchronous) { Used = s_memory, CannotStop = cannotStop };

    /// <summary>A command stands in line because its memory is being invalidated.</summary>
    public static ExploredQueue WaitingForMemory(bool isUnordered = false)
    {
        ExploredQueue state = new ExploredQueue(DriverOfMemory(isSynchronous: true), isUnordered: isUnordered).Attached();

        // By nobody of the scenario: the thread that makes the state is one of those that run the bodies, and would be told that it waits for itself.
        Thread elsewhere = new(() => Assert.True(state.Notifier.TrySchedule(s_memory, InvalidationReason.Unmap, out state._open)));
        elsewhere.Start();
        elsewhere.Join();
        return state.WithSubmitted(1);
    }

    public void CommitOpen() => _open.Commit();

    public void Submit(int payload, params ReadOnlySpan<Fence> dependencies)
    {
        DeviceSubmitStatus status = Queue.TrySubmit(payload, dependencies, out Fence fence);
        if (status == DeviceSubmitStatus.Submitted)
        {
            _submitted.Add((fence, payload));
        }
        else
        {
            Assert.Equal(default, fence);
        }
    }

    /// <summary>Waits for room without a thread; the loss of the device ends the wait.</summary>
    public void SubmitWaiting(int payload) => Flows.Start(async () =>
    {
        try
        {
            Fence fence = await Queue.SubmitAsync(payload).ConfigureAwait(false);
            _submitted.Add((fence, payload));
        }
        catch (DeviceLostException)
        {
            Assert.NotNull(Queue.LostReason);
        }

        Leave();
    });

    public void SignalDependency() => _other.Signal(1);

    public void FailDependency() => _other.Signal(1, Error);

    /// <summary>The limit passes once for the watchdog to see what waits, and once more.</summary>
    public void LoseDependencyPatience()
    {
        _clock.Advance(DependencyLimit);
        _clock.Advance(DependencyLimit);
    }

    /// <summary>A command whose dependency was late did not run, and one that ran had it in time.</summary>
    public void CheckRanOrLate()
    {
        CheckAllDone();
        (Fence fence, int payload) = _submitted[0];
        Assert.Equal(Driver.Started.Contains(payload), fence.Status == FenceStatus.Signaled);
        Assert.True(fence.Error is null || fence.Error.InnerException is FenceTimeoutException);
        CheckNobodyWaitsForDependency();
    }

    /// <summary>The other device fails twice, and remembers only the second time.</summary>
    public void FailAndForgetDependency()
    {
        FailDependency();
        _other.Signal(_other.Issue(), new InvalidOperationException("another failure"));
    }

    public void CancelLast() => CancelResult = Queue.TryCancel(_submitted[^1].Fence);

    public void CancelIfSubmitted()
    {
        Fence last = _isUnordered && _submitted.Count > 0 ? _submitted[^1].Fence : Queue.LastSubmitted;
        if (last.Point != 0 && (!_isUnordered || _submitted.Count > 0))
        {
            CancelResult = Queue.TryCancel(last);
        }
    }

    /// <summary>The other device has not signaled: a command that was taken back ends without it.</summary>
    public void CheckCanceledBeforeSignal()
    {
        if (CancelResult is not null)
        {
            CheckCanceled();
            CheckNobodyWaitsForDependency();
        }

        SignalDependency();
        CheckAllDone();
    }

    public void CheckNobodyWaitsForDependency()
    {
        List<FenceWait> waits = [];
        _other.DescribeWaits(waits);
        Assert.Empty(waits);
    }

    /// <summary>Each command has the outcome that was reported for it, whoever signaled it.</summary>
    public void CheckFirstFailedAndSecondDone()
    {
        Assert.Same(Error, _submitted[0].Fence.Error);
        Assert.Equal(FenceStatus.Signaled, _submitted[1].Fence.Status);
        CheckAllDone();
    }

    public void Lose() => Queue.Lose(Error);

    public void Detach() => _attachment!.Dispose();

    /// <summary>Somebody cuts the device off, and says afterwards that it has stopped.</summary>
    public void CutOff()
    {
        Explored.WaitUntil(() => Driver.IsStoodDown, "the driver was told");
        Driver.CutOff();
        Queue.ReportStopped();
    }

    /// <summary>The device works on the memory still, and has not been cut off: nobody may have got it.</summary>
    public void CheckQuarantined()
    {
        CheckLost();
        Assert.Equal(InvalidationOutcome.Faulted, AskForMemory());
        Assert.Equal(1, Notifier.GetStatistics().Subscriptions);
        Assert.True(Queue.ReportStopped());
    }

    public int Stopped => _stopped;

    public void CountStopped()
    {
        if (Queue.ReportStopped())
        {
            Interlocked.Increment(ref _stopped);
        }
    }

    public void CheckFree() => Assert.Equal(InvalidationOutcome.Completed, AskForMemory());

    private InvalidationOutcome AskForMemory()
    {
        Assert.True(Notifier.TrySchedule(s_memory, InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            return session.TryWait();
        }
    }

    public void Dispose() => Flows.Start(async () => await Queue.DisposeAsync().ConfigureAwait(false));

    public void Drain() => Flows.Start(async () =>
    {
        Fence last = Queue.LastSubmitted;
        Assert.True(await Queue.DrainAsync(Timeout.InfiniteTimeSpan).ConfigureAwait(false));
        Assert.True(last.IsSignaled, "drained, but what was submitted before is pending");
    });

    /// <summary>The interrupt of a command comes when the device is given up already.</summary>
    public void FinishAfterLoss()
    {
        Explored.WaitUntil(() => Queue.LostReason is not null, "the device is lost");
        Driver.FinishNext();
    }

    public void CheckAllFaulted()
    {
        CheckLost();
        Assert.All(_submitted, command => Assert.IsType<DeviceLostException>(command.Fence.Error));
    }

    /// <summary>Gives the memory away for a moment, if the device lets go of it.</summary>
    public void InvalidateMemory()
    {
        Assert.True(Notifier.TrySchedule(s_memory, InvalidationReason.Unmap, out InvalidationSession session));
        InvalidationOutcome outcome = session.Wait(Timeout.InfiniteTimeSpan);
        if (outcome == InvalidationOutcome.Completed)
        {
            Assert.Equal(0, Driver.Running);
            Driver.IsFree = true;
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
            Driver.IsFree = false;
            session.Commit();
        }
        else
        {
            session.BackOff();
        }
    }

    /// <summary>A body is over: the device need not wait for it any more.</summary>
    public void Leave() => Interlocked.Decrement(ref _busy);

    public void RunDevice() => Driver.Run(() => _busy == 0 && _submitted.TrueForAll(command => command.Fence.IsSignaled));

    /// <summary>Fences signal in the order of submission.</summary>
    public void CheckOrder()
    {
        bool isPending = false;
        foreach ((Fence fence, _) in _submitted)
        {
            Assert.False(isPending && fence.IsSignaled && !_isUnordered, "signaled before an earlier one");
            isPending |= !fence.IsSignaled;
        }
    }

    public void CheckAllDone()
    {
        Flows.CheckOver();
        CheckOrder();
        foreach ((Fence fence, int payload) in _submitted)
        {
            Assert.True(fence.IsSignaled, $"command {payload} never ended");
            bool isStarted = Driver.Started.Contains(payload);
            Assert.True(isStarted || fence.Status == FenceStatus.Faulted, $"command {payload} was skipped");
        }

        Assert.Equal(Driver.Started.Distinct().Count(), Driver.Started.Count);
        DeviceQueueStatistics statistics = Queue.GetStatistics();
        Assert.Equal(0, statistics.StrayCompletions);
        Assert.Equal(_submitted.Count, statistics.Submitted);
        if (Queue.LostReason is null)
        {
            Assert.Equal(_submitted.Count, statistics.Retired);
            Assert.Equal(0, statistics.Running + statistics.Queued);
        }
    }

    public void CheckCanceled()
    {
        CheckAllDone();
        (Fence fence, int payload) = _submitted[^1];
        if (CancelResult == DeviceCancelResult.Canceled)
        {
            Assert.DoesNotContain(payload, Driver.Started);
            Assert.IsType<OperationCanceledException>(fence.Error);
        }
        else
        {
            Assert.Contains(payload, Driver.Started);
        }
    }

    /// <summary>What was pending at the loss faults with it, and nothing is started afterwards.</summary>
    public void CheckLost()
    {
        Assert.True(Driver.IsStoodDown, "the driver was never told");
        Assert.NotNull(Queue.LostReason);
        Assert.Equal(DeviceSubmitStatus.Lost, Queue.TrySubmit(9, out _));
        foreach ((Fence fence, int payload) in _submitted)
        {
            Assert.True(fence.IsSignaled, $"command {payload} never ended");
            Assert.True(fence.Error is null or DeviceLostException or OperationCanceledException or DeviceDependencyException);
            Assert.True(Driver.Started.Contains(payload) || fence.Status == FenceStatus.Faulted, "signaled, but was never started");
        }
    }
}
