// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Gates and threads that come and go, and readers that do not leave. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class ReaderGateLifeTests : GateTest
{
    [Fact]
    public void A_reader_that_does_not_leave_is_named() // 84
    {
        ManualTimeProvider clock = new();
        using InvalidationNotifier notifier = new("memory", new InvalidationNotifierOptions { TimeProvider = clock });
        using ReaderGate gate = new(notifier, s_left, "readers");
        ReaderScope scope = gate.Enter();
        Assert.Equal(0, gate.CopyHoldouts(default)); // nobody waits for it
        Assert.True(notifier.TrySchedule(s_left, InvalidationReason.Unmap, out InvalidationSession session));
        clock.Advance(TimeSpan.FromSeconds(3));
        ReaderHoldout[] holdouts = new ReaderHoldout[2];
        Assert.Equal(1, gate.CopyHoldouts(holdouts));
        Assert.Equal(Environment.CurrentManagedThreadId, holdouts[0].ManagedThreadId);
        Assert.Equal(TimeSpan.FromSeconds(3), holdouts[0].Held);
        Assert.True(holdouts[0].IsAlive);
        scope.Dispose();
        Assert.Equal(0, gate.CopyHoldouts(holdouts));
        session.Commit();
    }

    [Fact]
    public void A_thread_that_ended_inside_holds_up_no_later_session() // 84
    {
        TestThread.Run(() => _gate.Enter()); // never left
        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void A_thread_that_ends_while_it_is_waited_for_lets_go_once_that_is_noticed() // 84
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim end = new();
        TestThread reader = TestThread.Start(() =>
        {
            _ = _gate.Enter();
            inside.Set();
            Limit.On(end);
        });
        Limit.On(inside);
        using InvalidationSession session = Schedule(s_left);
        end.Set();
        reader.Join();

        // Nobody schedules again: the end of the thread is noticed by the finalizer of what it left behind.
        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return session.TryWait() == InvalidationOutcome.Completed;
            },
            "Noticing the end of the thread");
    }

    [Fact]
    public void Slots_of_ended_threads_are_used_again()
    {
        for (int round = 0; round < 200; round++)
        {
            TestThread.Run(() =>
            {
                using (_gate.Enter())
                {
                }
            });
        }

        Assert.InRange(SlotCount(_gate), 0, 16);
    }

    [Fact]
    public void A_gate_knows_only_the_ranges_that_it_was_made_for() // 21
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => { _gate.Enter(new AddressRange(900, 1001)).Dispose(); });
        Assert.Throws<ArgumentException>(() => { _gate.Enter(default(AddressRange)).Dispose(); });
        Assert.True(_gate.TryEnter(new AddressRange(999, 1000), out ReaderScope scope));
        scope.Dispose();
    }

    [Fact]
    public async Task A_reader_that_a_disposed_gate_refuses_is_refused_again_and_is_not_inside()
    {
        _gate.Enter().Dispose(); // this thread is known to the gate
        ReaderLease lease = await _gate.EnterAsync(s_left);
        _gate.Dispose();

        Assert.Throws<ObjectDisposedException>(() => { _gate.Enter().Dispose(); });
        Assert.Throws<ObjectDisposedException>(() => { _gate.Enter().Dispose(); });

        lease.Dispose();
        Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
    }

    [Fact]
    public void A_disposed_gate_lets_nobody_in_and_stays_safe_for_those_inside() // 67, 68
    {
        ReaderScope scope = _gate.Enter();
        _gate.Dispose();
        _gate.Dispose();
        TestThread.Run(() => Assert.Throws<ObjectDisposedException>(() => { _gate.Enter().Dispose(); }));
        using (_gate.Enter()) // nested: the reader is inside anyway
        {
        }

        Assert.Equal(1, _notifier.GetStatistics().Subscriptions);
        using (InvalidationSession session = Schedule(s_left))
        {
            Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
            scope.Dispose();
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        }

        Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
        Assert.Throws<ObjectDisposedException>(() => { _gate.Enter().Dispose(); });
    }

    [Fact]
    public void A_gate_says_what_it_is_and_who_is_waited_for()
    {
        Assert.Equal("gate 'readers' over [0x0, 0x3e8)", _gate.ToString());
        Assert.Equal("reader of gate 'readers' over [0x0, 0x3e8)", _gate.GetReader().ToString());
        using OtherThread reader = new();
        reader.Run(() => { _gate.TryEnter(s_left, out _); }); // stays inside
        using (Schedule(s_left))
        {
            Assert.Equal("gate 'readers' over [0x0, 0x3e8), waited for: other", _gate.ToString());
        }

        _gate.Dispose();
        Assert.Equal("gate 'readers' over [0x0, 0x3e8), closed, waited for: other", _gate.ToString());
    }

    [Fact]
    public void Gates_that_come_and_go_do_not_mix_up_their_readers()
    {
        for (int round = 0; round < 100; round++)
        {
            ReaderGate gate = new(_notifier, s_left, $"gate {round}");
            ReaderScope scope = gate.Enter();
            using (InvalidationSession session = Schedule(s_left))
            {
                Assert.Equal(1, session.CopyPending(default));
                scope.Dispose();
                session.Commit();
            }

            gate.Dispose();
        }

        Assert.Equal(1, _notifier.GetStatistics().Subscriptions);
    }
}
