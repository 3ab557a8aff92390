// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Locks;

/// <summary>Callbacks, threads, timers and sources whose end somebody waits for under a lock that they take.</summary>
public sealed class TrackedWorkTests
{
    private readonly Bench _bench = new();
    private readonly TrackedLock _lock;
    private readonly TrackedWork _work;

    public TrackedWorkTests()
    {
        _lock = new TrackedLock(_bench.Class("table"), "table", _bench.Validator);
        _work = new TrackedWork(_bench.Class("reload"), "reload", _bench.Validator);
    }

    [Fact]
    public void A_registration_disposed_under_a_lock_that_its_callback_takes_is_a_circle()
    {
        using CancellationTokenSource source = new();
        CancellationTokenRegistration registration = _work.Register(TakeLock, source.Token);
        source.Cancel();
        using (_lock.EnterScope())
        {
            _work.Dispose(registration);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_registration_disposed_without_the_lock_or_by_its_own_callback_is_none()
    {
        using CancellationTokenSource source = new();
        CancellationTokenRegistration registration = default;
        bool hasRun = false;
        registration = _work.Register(
            () =>
            {
                using (_lock.EnterScope())
                {
                    _work.Dispose(registration); // does not wait there
                }

                hasRun = true;
            },
            source.Token);
        source.Cancel();
        _work.Dispose(registration);
        Assert.True(hasRun);
        Assert.Empty(_bench.Reports);
        _bench.Validator.AssertNoneHeld();
    }

    [Fact]
    public void A_thread_joined_under_a_lock_that_it_takes_is_a_circle()
    {
        Thread thread = _work.CreateThread(TakeLock);
        thread.Start();
        thread.Join();
        Thread second = _work.CreateThread(static () => { });
        second.Start();
        using (_lock.EnterScope())
        {
            _work.Join(second); // takes nothing this time, and so it ends
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_timer_disposed_under_a_lock_that_its_callback_takes_is_a_circle()
    {
        using ManualResetEventSlim called = new();
        Timer timer = _work.CreateTimer(
            () =>
            {
                TakeLock();
                called.Set();
            },
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
        called.Wait();
        using (_lock.EnterScope())
        {
            _work.Dispose(timer);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public async Task A_timer_disposed_asynchronously_is_awaited_under_what_the_flow_holds()
    {
        using TrackedAsyncLock outer = new(_bench.Class("A"), "A", _bench.Validator);
        Timer timer = _work.CreateTimer(static () => { }, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using (await outer.LockAsync())
        {
            await _work.DisposeAsync(timer);
        }

        Assert.Equal(["A -> reload"], _bench.Validator.GetDependencies().Select(static edge => edge.ToString()));
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_timer_that_would_wait_for_its_own_callback_is_refused()
    {
        using ManualResetEventSlim called = new();
        Exception? refused = null;
        Timer? timer = null;
        using ManualResetEventSlim isMade = new();
        timer = _work.CreateTimer(
            () =>
            {
                isMade.Wait();
                refused = Record.Exception(() => _work.Dispose(timer!));
                called.Set();
            },
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
        isMade.Set();
        called.Wait();
        Assert.IsType<InvalidOperationException>(refused);
        _work.Dispose(timer);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task A_source_awaited_under_a_lock_that_is_taken_on_the_way_to_its_result_is_a_circle()
    {
        using TrackedAsyncLock outer = new(_bench.Class("A"), "A", _bench.Validator);
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _work.Wrap(async () =>
        {
            await Task.Yield();
            using (await outer.LockAsync())
            {
            }

            source.SetResult();
        })();
        using (await outer.LockAsync())
        {
            await _work.Await(source.Task);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_source_blocked_for_is_the_same()
    {
        TaskCompletionSource source = new();
        using (_work.Enter())
        using (_work.Enter()) // nested, which says nothing more
        {
            TakeLock();
            source.SetResult();
        }

        _bench.Validator.AssertNoneHeld();
        using (_lock.EnterScope())
        {
            _work.Wait(source.Task);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_lazy_value_is_made_under_a_lock_of_its_own()
    {
        TrackedLazy<int> lazy = new(
            () =>
            {
                TakeLock();
                return 7;
            },
            _bench.Class("lazy"),
            "lazy",
            _bench.Validator);
        Assert.False(lazy.IsValueCreated);
        Assert.Equal(7, lazy.GetValue());
        Assert.True(lazy.IsValueCreated);
        Assert.Empty(_bench.Reports);
        using (_lock.EnterScope())
        {
            Assert.Equal(7, lazy.GetValue()); // there already; in another run it would be asked for here first
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
        _bench.Validator.AssertNoneHeld();
    }

    [Fact]
    public void A_factory_that_throws_leaves_nothing_held()
    {
        TrackedLazy<int> lazy = new(static () => throw new FormatException(), _bench.Class("lazy"), null, _bench.Validator);
        Assert.Throws<FormatException>(() => lazy.GetValue());
        _bench.Validator.AssertNoneHeld();
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Mutexes_of_one_name_are_one_lock()
    {
        string name = $"FenceKit.{Guid.NewGuid():N}";
        using TrackedMutex one = new(_bench.Class("mutex"), name, _bench.Validator);
        using TrackedMutex same = new(_bench.Class("mutex"), name, _bench.Validator);
        one.WaitOne();
        TakeLock();
        Assert.True(one.WaitOne(TimeSpan.Zero)); // again
        one.ReleaseMutex();
        one.ReleaseMutex();
        using (_lock.EnterScope())
        {
            Assert.True(same.WaitOne(TimeSpan.FromMinutes(1)));
            same.ReleaseMutex();
        }

        Assert.Equal(LockConfidence.Possible, _bench.Single(LockViolationKind.CircularDependency).Confidence); // it gives up in a minute
        using (_lock.EnterScope())
        {
            same.WaitOne();
            same.ReleaseMutex();
        }

        Assert.Equal(LockConfidence.Certain, _bench.Reports[^1].Confidence);
        _bench.Validator.AssertNoneHeld();
    }

    [Fact]
    public void A_mutex_that_another_thread_has_is_not_held()
    {
        using TrackedMutex mutex = new(_bench.Class("mutex"), null, _bench.Validator);
        mutex.WaitOne();
        Bench.OnNewThread(() =>
        {
            Assert.False(mutex.WaitOne(TimeSpan.Zero));
            Assert.False(mutex.WaitOne(TimeSpan.FromMilliseconds(1)));
            _bench.Validator.AssertNoneHeld();
            Assert.Throws<ApplicationException>(mutex.ReleaseMutex);
        });
        mutex.ReleaseMutex();
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void An_abandoned_mutex_is_held_by_whoever_is_told_of_it()
    {
        using TrackedMutex mutex = new(_bench.Class("mutex"), null, _bench.Validator);
        Thread thread = new(() => mutex.WaitOne());
        thread.Start();
        thread.Join();
        Assert.Throws<AbandonedMutexException>(() => mutex.WaitOne());
        Assert.True(_bench.Validator.IsHeld(mutex.Map!));
        mutex.ReleaseMutex();
        _bench.Validator.AssertNoneHeld();
    }

    private void TakeLock()
    {
        using (_lock.EnterScope())
        {
        }
    }
}
