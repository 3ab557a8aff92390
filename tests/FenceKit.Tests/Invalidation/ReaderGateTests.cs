// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Readers on the CPU: entering, parking, leaving, and who is waited for. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class ReaderGateTests : GateTest
{
    [Fact]
    public void A_session_without_readers_completes_at_once() // 23
    {
        using (_gate.Enter())
        {
        }

        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void A_session_waits_for_a_reader_that_was_inside_and_the_reader_signals_when_it_leaves() // 36, 56
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim leave = new();
        TestThread reader = TestThread.Start(() =>
        {
            using (_gate.Enter())
            {
                inside.Set();
                Limit.On(leave);
            }
        });
        Limit.On(inside);
        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        PendingInvalidation[] pending = new PendingInvalidation[2];
        Assert.Equal(1, session.CopyPending(pending));
        Assert.Equal("readers", pending[0].Name);
        RecordingCallback signaled = new();
        Assert.True(pending[0].Fence.TryAddCallback(signaled));

        leave.Set();
        reader.Join();

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(reader.Id, signaled.ThreadId); // nobody else's help was needed
        session.Commit();
    }

    [Fact]
    public void The_last_of_many_readers_completes_the_session() // 40
    {
        using Barrier allInside = new(5);
        ManualResetEventSlim[] leave = [.. Enumerable.Range(0, 4).Select(_ => new ManualResetEventSlim())];
        TestThread[] readers = [.. leave.Select(mine => TestThread.Start(() =>
        {
            using (_gate.Enter())
            {
                Limit.On(allInside);
                Limit.On(mine);
            }
        }))];
        Limit.On(allInside);
        using InvalidationSession session = Schedule(s_left);
        foreach (int index in (int[])[2, 0, 3])
        {
            leave[index].Set();
            readers[index].Join();
            Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        }

        leave[1].Set();
        readers[1].Join();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void A_reader_that_comes_during_a_session_parks_until_it_ends() // 33
    {
        InvalidationSession session = Schedule(s_left);
        int value = 1;
        int seen = 0;
        TestThread reader = TestThread.Start(() =>
        {
            using (_gate.Enter())
            {
                seen = value;
            }
        });
        reader.UntilBlocked();
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time)); // it does not count
        value = 2;
        session.Commit();
        reader.Join();
        Assert.Equal(2, seen);
    }

    [Fact]
    public void A_reader_that_does_not_want_to_park_gets_a_status() // 33
    {
        using (Schedule(s_left))
        {
            Assert.False(_gate.TryEnter(s_left, out ReaderScope scope));
            scope.Dispose(); // nothing
            Assert.False(_gate.TryEnter(new AddressRange(99, 101), out _));
        }

        Assert.True(_gate.TryEnter(s_left, out ReaderScope after));
        after.Dispose();
    }

    [Fact]
    public void A_reader_of_another_range_is_not_held_up_and_holds_nobody_up() // 34
    {
        using InvalidationSession session = Schedule(s_left);
        Assert.True(_gate.TryEnter(s_right, out ReaderScope scope));
        using (scope)
        {
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        }
    }

    [Fact]
    public void A_park_ends_with_its_budget_and_leaves_nothing_behind() // 79
    {
        ManualTimeProvider clock = new();
        using InvalidationNotifier notifier = new("memory", new InvalidationNotifierOptions { TimeProvider = clock });
        using ReaderGate gate = new(notifier, s_left, "readers");
        Assert.True(notifier.TrySchedule(s_left, InvalidationReason.Unmap, out InvalidationSession session));
        TestThread reader = TestThread.Start(() => Assert.False(gate.TryEnter(s_left, TimeSpan.FromMilliseconds(20), out _)));
        clock.UntilTimerIsSet();
        clock.Advance(TimeSpan.FromMilliseconds(20));
        reader.Join();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
        Assert.Equal(0, gate.CopyHoldouts(default));
    }

    [Fact]
    public void A_canceled_park_throws_and_leaves_nothing_behind() // 51
    {
        InvalidationSession session = Schedule(s_left);
        using CancellationTokenSource source = new();
        TestThread reader = TestThread.Start(() =>
            Assert.Throws<OperationCanceledException>(() => _gate.TryEnter(s_left, Timeout.InfiniteTimeSpan, out _, source.Token)));
        reader.UntilBlocked();
        source.Cancel();
        reader.Join();
        session.BackOff();
        using InvalidationSession second = Schedule(s_left);
        Assert.Equal(InvalidationOutcome.Completed, second.TryWait());
    }

    [Fact]
    public void Scopes_nest_and_only_the_outermost_leave_counts() // 81
    {
        ReaderScope outer = _gate.Enter();
        using InvalidationSession session = Schedule(s_left);
        using (_gate.Enter()) // does not park: the session waits for the outer one anyway
        {
            Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        }

        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        outer.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        outer.Dispose(); // a second dispose does nothing
        using (_gate.Enter(s_right))
        {
        }
    }

    [Fact]
    public void A_nested_enter_may_not_rely_on_a_session_that_does_not_wait_for_the_outer_one() // 34, 80
    {
        using InvalidationSession session = Schedule(s_left);
        Assert.True(_gate.TryEnter(s_right, out ReaderScope outer)); // past the session, which knows nothing of it
        Assert.False(_gate.TryEnter(s_left, out _));
        Assert.True(_gate.TryEnter(s_right, out ReaderScope inner));
        inner.Dispose();
        using InvalidationSession later = Schedule(s_right); // this one waits for the outer scope, so all of its range is safe
        Assert.True(_gate.TryEnter(s_right, out inner));
        inner.Dispose();
        Assert.Equal(InvalidationOutcome.Pending, later.TryWait());
        outer.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, later.TryWait());
    }

    [Fact]
    public void A_fence_of_a_session_that_backed_off_signals_all_the_same() // 44, 46
    {
        ReaderScope scope = _gate.Enter();
        InvalidationSession first = Schedule(s_left);
        PendingInvalidation[] pending = new PendingInvalidation[1];
        Assert.Equal(1, first.CopyPending(pending));
        first.BackOff();
        Assert.False(pending[0].Fence.IsSignaled);
        scope.Dispose();
        Assert.True(pending[0].Fence.IsSignaled);
        Assert.Equal(FenceStatus.Signaled, pending[0].Fence.Status);
    }

    [Fact]
    public void Each_of_several_sessions_waits_for_the_readers_of_its_own_time()
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim leave = new();
        TestThread old = TestThread.Start(() =>
        {
            using (_gate.Enter())
            {
                inside.Set();
                Limit.On(leave);
            }
        });
        Limit.On(inside);
        using InvalidationSession first = Schedule(s_left);
        Assert.True(_gate.TryEnter(s_right, out ReaderScope late));
        using InvalidationSession second = Schedule(s_right);
        leave.Set();
        old.Join();
        Assert.Equal(InvalidationOutcome.Completed, first.TryWait());
        Assert.Equal(InvalidationOutcome.Pending, second.TryWait());
        late.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, second.TryWait());
    }

    [Fact]
    public void Readers_and_devices_let_go_side_by_side_under_one_wait() // 92
    {
        FakeDevice[] devices = [new(DeviceAnswer.Pending), new(DeviceAnswer.Pending), new(DeviceAnswer.Pending)];
        Array.ForEach(devices, device => _notifier.Subscribe(s_left, device, "device"));
        ReaderScope scope = _gate.Enter();
        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(4, session.CopyPending(default)); // all of them have begun; nobody waits for anybody else
        devices[1].Finish();
        scope.Dispose();
        devices[2].Finish();
        Assert.Equal(1, session.CopyPending(default));
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        devices[0].Finish();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void Several_gates_of_one_session_are_all_waited_for() // 92
    {
        using ReaderGate other = new(_notifier, s_left, "other readers");
        ReaderScope first = _gate.Enter();
        Assert.True(other.TryEnter(s_left, out ReaderScope second)); // to park here would be to wait for who waits for us
        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(2, session.CopyPending(default));
        first.Dispose();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        second.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void Entering_scanning_and_leaving_allocate_nothing() // 26
    {
        void Rounds(int count)
        {
            for (int round = 0; round < count; round++)
            {
                ReaderScope scope = _gate.Enter(s_left);
                Assert.True(_notifier.TrySchedule(s_left, InvalidationReason.Unmap, out InvalidationSession session));
                _gate.TryEnter(s_right, out ReaderScope nested);
                nested.Dispose();
                scope.Dispose();
                _gate.TryEnter(s_left, out scope);
                session.Commit();
            }
        }

        Rounds(10);
        Assert.Equal(0, Allocation.Count(() => Rounds(200), 5));
    }

    [Fact]
    public void Where_the_old_memory_is_out_of_reach_new_readers_pass_and_old_ones_are_waited_for()
    {
        using ReaderGate gate = new(_notifier, s_left, "readers", NewReaders.Pass);
        ReaderScope old = gate.Enter();
        using InvalidationSession session = Schedule(s_left);
        TestThread.Run(() =>
        {
            using (gate.Enter(s_left))
            {
                using (gate.Enter())
                {
                }
            }
        });
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        old.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        gate.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { gate.Enter().Dispose(); });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReaderGate(_notifier, s_left, "x", (NewReaders)2));
    }

    [Fact]
    public void A_reader_of_a_loop_enters_like_the_gate_itself()
    {
        GateReader reader = _gate.GetReader();
        ReaderScope scope = reader.Enter();
        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        scope.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.False(reader.TryEnter(s_left, TimeSpan.Zero, out _));
        using (reader.Enter(s_right))
        {
        }

        session.Commit();
        Assert.True(reader.TryEnter(s_left, TimeSpan.Zero, out scope));
        scope.Dispose();
        Assert.Equal(0, _gate.CopyHoldouts(default));
    }
}
