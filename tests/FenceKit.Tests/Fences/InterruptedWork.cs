// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Tests.Invalidation;

namespace FenceKit.Tests.Fences;

/// <summary>
/// What threads do that are interrupted all the time: everything that is said not to block, on things that all of them share. Each call is
/// watched for what it throws; at rest everything that began must have ended.
/// </summary>
internal sealed class InterruptedWork
{
    private readonly FenceTimeline[] _timelines = [new("a"), new("b")];
    private readonly FencePool _pool = new("pool", 16);
    private readonly FenceWaitSet _waitSet = new(4);
    private readonly FenceArray[] _arrays = [new("first array", 4), new("second array", 4)];
    private readonly WoundWaitClass _lockClass = new("class", WoundWaitPolicy.WaitDie);
    private readonly WoundWaitLock[] _locks;
    private readonly FenceReservation _reservation;
    private readonly InvalidationNotifier _notifier = new("memory");
    private readonly DeviceQueue<int>[] _queues =
    [
        new("queue", new AtOnce()),
        new("inline queue", new AtOnce(), new DeviceQueueOptions { Dispatch = DeviceDispatch.Inline }),
    ];
    private readonly CancellationTokenSource _neverCanceled = new();
    private readonly ConcurrentDictionary<string, string> _thrown = new();
    private long _begun;
    private long _ended;

    internal InterruptedWork()
    {
        _locks = [new WoundWaitLock(_lockClass), new WoundWaitLock(_lockClass)];
        _reservation = new FenceReservation(_locks[0]);
        _notifier.Subscribe(new AddressRange(0, 1 << 20), new AtOnceSubscriber(), "subscriber");
    }

    /// <summary>What threw although it must not, and an example of each.</summary>
    internal IReadOnlyDictionary<string, string> Thrown => _thrown;

    internal WoundWaitClass LockClass => _lockClass;

    /// <summary>Callbacks, continuations and commands that began, and those that ended.</summary>
    internal (long Begun, long Ended) Counts => (Volatile.Read(ref _begun), Volatile.Read(ref _ended));

    /// <summary>One thing, and sometimes a wait of the thread's own, where an interrupt belongs.</summary>
    /// <returns>Whether an interrupt came out of the wait.</returns>
    internal bool Turn(Random random, WoundWaitContext context)
    {
        FenceTimeline timeline = _timelines[random.Next(2)];
        switch (random.Next(10))
        {
            case 0:
                Watched("callback", () => AddCallback(timeline.Issue()));
                Watched("signal", () => timeline.Signal(timeline.Issued));
                break;
            case 1:
                Watched("wait set", () => _waitSet.Set(random.Next(4), timeline.Issue()));
                Watched("wait set", () => _waitSet.TryTake(out _));
                Watched("signal", () => timeline.Signal(timeline.Issued));
                break;
            case 2:
                Watched("lock", () => LockForAMoment(random, context));
                break;
            case 3:
                Watched("flow that locks", () => _ = LockAsync(_locks[random.Next(2)]));
                break;
            case 4:
                Watched("pool", () => RentAndSignal(random));
                break;
            case 5:
                Watched("await", () => _ = AwaitAsync(timeline.Issue(), (FenceContinuation)(1 + random.Next(2))));
                Watched("signal", () => timeline.Signal(timeline.Issued));
                break;
            case 6:
                Watched("await with a limit", () => _ = AwaitAsync(timeline.Issue(), Limit.Time));
                Watched("signal", () => timeline.Signal(timeline.Issued));
                break;
            case 7:
                Watched("array", () => _arrays[random.Next(2)].TryArmAll([timeline.Issue(), _timelines[0].Issue()], out _));
                Watched("signal", () => _timelines[0].Signal(_timelines[0].Issued));
                break;
            case 8:
                Watched("submit", () => Submit(_queues[random.Next(2)]));
                break;
            default:
                Watched("session", () => Invalidate(random));
                Watched("report", () => _ = random.Next(20) == 0 ? timeline.DumpPending() : "");
                break;
        }

        try
        {
            Thread.Sleep(0);
            return false;
        }
        catch (ThreadInterruptedException)
        {
            return true;
        }
    }

    /// <summary>Nobody works any more: what is still pending is signaled, and everything has to end.</summary>
    internal void ComeToRest()
    {
        Array.ForEach(_timelines, timeline => timeline.Signal(timeline.Issued));
        Limit.Until(() => Counts.Begun == Counts.Ended, "Everything that began ending");
        Assert.Equal(16, _pool.Available);
        Assert.All(_locks, one => Assert.False(one.IsHeld));
        NotifierTest.AssertAtRest(_notifier);
        Array.ForEach(_arrays, array => array.Dispose());
        _waitSet.Dispose();
        _pool.Dispose();
        _neverCanceled.Dispose();
    }

    private void Watched(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            _thrown.TryAdd(what, exception.ToString());
        }
    }

    private void AddCallback(Fence fence)
    {
        Interlocked.Increment(ref _begun);
        if (!fence.TryAddCallback(new RecordingCallback(End)))
        {
            End();
        }
    }

    private void LockForAMoment(Random random, WoundWaitContext context)
    {
        if (!_locks[0].TryLock(context))
        {
            return;
        }

        _reservation.Reserve(1);
        _reservation.Add(_timelines[random.Next(2)].Issue(), FenceUsage.Read);
        _locks[0].Unlock(context);
        _reservation.IsSignaled(FenceUsage.Write);
    }

    private async Task LockAsync(WoundWaitLock wanted)
    {
        Interlocked.Increment(ref _begun);
        if (await wanted.LockAsync(Limit.Time, FenceContinuation.Inline).ConfigureAwait(false))
        {
            wanted.Unlock();
        }

        End();
    }

    private void RentAndSignal(Random random)
    {
        if (_pool.TryRent(out FenceSource source))
        {
            AddCallback(source.Fence);
            _ = AwaitAsync(source.Fence, FenceContinuation.Inline);
            if (random.Next(2) == 0)
            {
                source.TrySignal();
            }
            else
            {
                source.TrySignal(new NotSupportedException("every other"));
            }
        }
    }

    private async Task AwaitAsync(Fence fence, FenceContinuation place)
    {
        Interlocked.Increment(ref _begun);
        try
        {
            await fence.ConfigureAwait(place);
        }
        catch (NotSupportedException)
        {
        }

        End();
    }

    private async Task AwaitAsync(Fence fence, TimeSpan limit)
    {
        Interlocked.Increment(ref _begun);
        await fence.WaitAsync(limit, _neverCanceled.Token).ConfigureAwait(FenceContinuation.Inline);
        End();
    }

    private void Submit(DeviceQueue<int> queue)
    {
        if (queue.TrySubmit(1, out Fence fence) == DeviceSubmitStatus.Submitted)
        {
            AddCallback(fence);
        }
    }

    private void Invalidate(Random random)
    {
        ulong start = (ulong)random.Next(16) << 12;
        AddressRange range = new(start, start + (1 << 12));
        if (_notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session))
        {
            using (session)
            {
                if (session.TryWait() == InvalidationOutcome.Completed)
                {
                    session.Commit();
                }
            }
        }
    }

    private void End() => Interlocked.Increment(ref _ended);

    private sealed class AtOnce : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }
    }

    private sealed class AtOnceSubscriber : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            return true;
        }
    }
}
