// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests.Fences;

/// <summary>Waiting with a blocked thread.</summary>
public class WaitTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact] // Kernel scenario 9, wait.
    public void A_timeout_of_zero_polls()
    {
        Fence fence = _timeline.Issue();

        Assert.Equal(FenceStatus.Pending, fence.Wait(TimeSpan.Zero));
        TimelineProbe.AssertQuiet(_timeline);
        _timeline.Signal(fence);
        Assert.Equal(FenceStatus.Signaled, fence.Wait(TimeSpan.Zero));
    }

    [Fact]
    public void A_blocked_thread_wakes_with_the_outcome()
    {
        Fence good = _timeline.Issue();
        Fence bad = _timeline.Issue();
        (FenceStatus Good, FenceStatus Bad) seen = default;
        TestThread first = TestThread.Start(() => seen.Good = good.Wait());
        TestThread second = TestThread.Start(() => seen.Bad = bad.Wait(Limit.Time));
        first.UntilBlocked();
        second.UntilBlocked();

        _timeline.Signal(good);
        first.Join();
        _timeline.Signal(bad, new InvalidOperationException());
        second.Join();

        Assert.Equal((FenceStatus.Signaled, FenceStatus.Faulted), seen);
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void Many_threads_can_wait_for_one_fence()
    {
        Fence fence = _timeline.Issue();
        FenceStatus[] seen = new FenceStatus[16];
        TestThread[] threads = [.. Enumerable.Range(0, seen.Length).Select(i => TestThread.Start(() => seen[i] = fence.Wait(Limit.Time)))];
        Array.ForEach(threads, thread => thread.UntilBlocked());

        _timeline.Signal(fence);

        Array.ForEach(threads, thread => thread.Join());
        Assert.All(seen, status => Assert.Equal(FenceStatus.Signaled, status));
    }

    [Fact]
    public void Canceling_ends_the_wait_and_leaves_the_fence_alone()
    {
        Fence fence = _timeline.Issue();
        using CancellationTokenSource cancellation = new();
        OperationCanceledException? thrown = null;
        TestThread thread = TestThread.Start(() =>
            thrown = Assert.Throws<OperationCanceledException>(() => fence.Wait(cancellation.Token)));
        thread.UntilBlocked();

        cancellation.Cancel();
        thread.Join();

        Assert.Equal(cancellation.Token, thrown!.CancellationToken);
        TimelineProbe.AssertQuiet(_timeline);
        Assert.False(fence.IsSignaled);
        Assert.True(_timeline.Signal(fence));
    }

    [Fact]
    public void A_complete_fence_wins_over_a_canceled_token_and_a_pending_one_does_not()
    {
        Fence done = _timeline.Issue();
        Fence pending = _timeline.Issue();
        _timeline.Signal(done);
        CancellationToken canceled = new(canceled: true);

        Assert.Equal(FenceStatus.Signaled, done.Wait(canceled));
        Assert.Equal(FenceStatus.Signaled, done.Wait(TimeSpan.Zero, canceled));
        Assert.Equal(FenceStatus.Signaled, default(Fence).Wait(canceled));
        Assert.Throws<OperationCanceledException>(() => pending.Wait(canceled));
        Assert.Throws<OperationCanceledException>(() => pending.Wait(TimeSpan.Zero, canceled));
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void An_interrupted_thread_leaves_nothing_in_the_list_and_can_wait_again()
    {
        Fence fence = _timeline.Issue();
        FenceStatus second = FenceStatus.Pending;
        using ManualResetEventSlim interrupted = new();
        TestThread thread = TestThread.Start(() =>
        {
            Assert.Throws<ThreadInterruptedException>(() => fence.Wait());
            Assert.False(_timeline.IsWaitedFor());
            interrupted.Set();
            second = fence.Wait(Limit.Time);
        });
        thread.UntilBlocked();

        thread.Interrupt();
        Limit.On(interrupted);
        thread.UntilBlocked();
        Assert.True(_timeline.IsWaitedFor());
        _timeline.Signal(fence);

        thread.Join();
        Assert.Equal(FenceStatus.Signaled, second);
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void A_signaler_that_was_interrupted_wakes_everybody_and_keeps_the_interrupt_for_its_own_next_wait()
    {
        const int Rounds = 2_000;
        _timeline.Issue(Rounds);
        TestThread[] waiters = [.. Enumerable.Range(0, 2).Select(_ => TestThread.Start(() =>
        {
            for (ulong round = 1; round <= Rounds; round++)
            {
                Assert.Equal(FenceStatus.Signaled, _timeline.GetFence(round).Wait(Limit.Time));
            }
        }))];

        TestThread.Run(() =>
        {
            Thread.CurrentThread.Interrupt();
            for (ulong round = 1; round <= Rounds; round++)
            {
                _timeline.Signal(round);
            }

            Assert.Throws<ThreadInterruptedException>(() => _timeline.Issue().Wait());
        });

        Array.ForEach(waiters, waiter => waiter.Join());
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void A_callback_may_block_in_a_wait_of_its_own_while_other_threads_wait_behind_it()
    {
        using FenceTimeline other = new("other");
        Fence first = _timeline.Issue();
        Fence inner = other.Issue();
        (FenceStatus Inner, FenceStatus Outer) seen = default;
        using ManualResetEventSlim entered = new();
        first.TryAddCallback(new RecordingCallback(() =>
        {
            using LockSectionScope asked = ContractReports.AskedFor("a callback waits");
            entered.Set();
            seen.Inner = inner.Wait(Limit.Time);
        }));
        TestThread outer = TestThread.Start(() => seen.Outer = first.Wait(Limit.Time));
        outer.UntilBlocked();

        TestThread signaler = TestThread.Start(() => _timeline.Signal(first));
        Limit.On(entered);
        signaler.UntilBlocked();
        other.Signal(inner);
        signaler.Join();
        outer.Join();

        Assert.Equal((FenceStatus.Signaled, FenceStatus.Signaled), seen);
    }

    [Fact]
    public void A_thread_that_waits_inside_a_wait_gets_both_outcomes()
    {
        // The clock of the first wait is the user's code, and it waits too: on the same thread, in the middle of the wait.
        Fence inner = _timeline.Issue();
        FenceStatus innerStatus = FenceStatus.Pending;
        WaitingClock clock = new(() => innerStatus = inner.Wait(Limit.Time));
        using FenceTimeline clocked = new("clocked", new FenceTimelineOptions { TimeProvider = clock });
        Fence outer = clocked.Issue();
        FenceStatus outerStatus = FenceStatus.Pending;
        TestThread thread = TestThread.Start(() => outerStatus = outer.Wait(TimeSpan.FromDays(1)));
        thread.UntilBlocked();

        _timeline.Signal(inner);
        Limit.Until(() => clock.Asked >= 2, "The outer wait going on");
        clocked.Signal(outer);
        thread.Join();

        Assert.Equal((FenceStatus.Signaled, FenceStatus.Signaled), (innerStatus, outerStatus));
    }

    [Fact]
    public void Signals_and_waits_of_a_pair_of_threads_never_lose_a_wake_up()
    {
        const int Rounds = 3_000;
        using FenceTimeline answers = new("answers");
        _timeline.Issue(Rounds);
        answers.Issue(Rounds);

        TestThread.RunTogether(
            () =>
            {
                for (ulong round = 1; round <= Rounds; round++)
                {
                    _timeline.Signal(round);
                    Assert.Equal(FenceStatus.Signaled, answers.GetFence(round).Wait(Limit.Time));
                }
            },
            () =>
            {
                for (ulong round = 1; round <= Rounds; round++)
                {
                    Assert.Equal(FenceStatus.Signaled, _timeline.GetFence(round).Wait());
                    answers.Signal(round);
                }
            });
    }

    private sealed class WaitingClock(Action whenAsked) : TimeProvider
    {
        private int _asked;

        internal int Asked => Volatile.Read(ref _asked);

        public override long GetTimestamp()
        {
            if (Interlocked.Increment(ref _asked) == 1)
            {
                whenAsked();
            }

            return base.GetTimestamp();
        }
    }
}
