// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Who invalidates inside its own gate waits for itself, and is told at once. A thread knows which scopes it is in, so this is exact.</summary>
public sealed class SelfWaitInsideGateTests : GateTest
{
    private delegate object? Wait(SelfWaitInsideGateTests test, InvalidationSession session, TimeSpan budget);

    private static readonly Dictionary<string, Wait> s_waits = new()
    {
        ["Wait"] = static (_, session, budget) => session.Wait(budget),
        ["WaitAsync"] = static (_, session, budget) => Limit.On(session.WaitAsync(budget).AsTask()),
    };

    public static TheoryData<string> Waits => [.. s_waits.Keys];

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_wait_inside_the_own_gate_is_told_and_the_session_stays_open(string wait)
    {
        InvalidationSession session;
        using (_gate.Enter(s_right)) // of whatever range: a session waits for all readers of the gate
        {
            session = Schedule(s_left);
            foreach (TimeSpan budget in (TimeSpan[])[Timeout.InfiniteTimeSpan, TimeSpan.FromTicks(1)])
            {
                InvalidOperationException error = Told(() => s_waits[wait](this, session, budget));
                Assert.Contains("'readers'", error.Message, StringComparison.Ordinal);
                Assert.Contains(s_left.ToString(), error.Message, StringComparison.Ordinal);
            }

            Assert.Equal(InvalidationOutcome.Pending, s_waits[wait](this, session, TimeSpan.Zero)); // who looks is not told
            Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        }

        Assert.Equal(InvalidationOutcome.Completed, s_waits[wait](this, session, Limit.Time));
        session.Commit();
        Assert.True(session.HasEnded); // every failed wait has given back what it took
        Assert.Equal(1, _notifier.GetStatistics().Committed);
    }

    [Fact]
    public void The_inner_of_two_scopes_does_not_hide_the_outer_one()
    {
        using (_gate.Enter())
        {
            _gate.Enter().Dispose();
            using InvalidationSession session = Schedule(s_left);
            Told(() => session.Wait(Limit.Time));
        }
    }

    [Fact]
    public void Of_two_gates_the_one_that_the_thread_is_inside_is_named()
    {
        using ReaderGate second = new(_notifier, s_left, "second of two");
        using (second.GetReader().Enter())
        using (InvalidationSession session = Schedule(s_left))
        {
            Assert.Contains("'second of two'", Told(() => session.Wait(Limit.Time)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_gate_of_another_range_may_be_entered_around_an_invalidation()
    {
        using ReaderGate beside = new(_notifier, new AddressRange(5000, 6000), "beside");
        using (ContractReports.AskedFor("an owner inside another gate: of gates as such the validator cannot say that it is never the other way round"))
        using (beside.Enter())
        {
            Assert.Equal(InvalidationOutcome.Completed, _notifier.Invalidate(s_left, InvalidationReason.Unmap, whileWaiting: null, free: static _ => { }));
        }
    }

    [Fact]
    public void A_reader_that_came_in_after_the_schedule_is_not_waited_for()
    {
        using InvalidationSession session = Schedule(s_left);
        using (ContractReports.AskedFor("a gate is entered inside a session that waits for it; this reader came in too late to be waited for"))
        using (_gate.Enter(s_right))
        {
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        }
    }

    [Fact]
    public void A_reader_that_came_in_after_the_schedule_waits_for_those_before_it_as_ever()
    {
        using OtherThread reader = new();
        reader.Run(() => { _gate.TryEnter(s_right, out _); }); // stays inside
        using InvalidationSession session = Schedule(s_left);
        using (ContractReports.AskedFor("a gate is entered inside a session that waits for it; this reader came in too late to be waited for"))
        using (_gate.Enter(s_right))
        {
            Assert.Equal(InvalidationOutcome.Pending, session.Wait(TimeSpan.FromTicks(1)));
        }
    }

    [Fact]
    public void A_session_that_another_thread_has_scheduled_is_no_better_to_wait_for()
    {
        using (_gate.Enter())
        {
            InvalidationSession session = default;
            TestThread.Run(() => session = Schedule(s_left));
            Told(() => session.Wait(Limit.Time));
            TestThread.Run(() => session.Dispose());
        }
    }

    [Fact]
    public void Another_thread_waits_for_the_reader_as_ever()
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
        Assert.Equal(InvalidationOutcome.Pending, session.Wait(TimeSpan.FromTicks(1)));
        leave.Set();
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        reader.Join();
    }

    [Fact]
    public void An_invalidation_in_one_call_inside_the_own_gate_does_nothing()
    {
        bool called = false;
        using (_gate.Enter())
        {
            Told(() => _notifier.Invalidate(s_left, InvalidationReason.Unmap, _ => called = true, _ => called = true));
        }

        Assert.False(called);
        Assert.Equal(0, _notifier.ActiveSessions);
        Assert.Equal(InvalidationOutcome.Completed, _notifier.Invalidate(s_left, InvalidationReason.Unmap, whileWaiting: null, free: static _ => { }));
    }

    [Fact]
    public void A_batch_is_as_its_session()
    {
        InvalidationBatch batch = _notifier.CreateBatch();
        batch.Add(s_left);
        batch.Add(new AddressRange(500, 600));
        using (_gate.Enter())
        {
            Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
            using (session)
            {
                Told(() => session.Wait(Limit.Time));
            }
        }
    }

    [Fact]
    public void A_sweep_reclaims_what_it_can_tells_and_remembers_the_rest()
    {
        AddressRange free = new(5000, 5001);
        RecordingOwner owner = new();
        ReclaimSweep sweep = new(_notifier, InvalidationReason.Discard, owner);
        using (ContractReports.AskedFor("a reader inside a gate reclaims"))
        using (_gate.Enter())
        {
            Assert.Contains("'readers'", Told(
                () => sweep.Run([s_left, free], Timeout.InfiniteTimeSpan)).Message, StringComparison.Ordinal);
            Assert.Equal([free], owner.Freed);
            Assert.Equal(1, sweep.Remembered);
            Assert.Equal(1, sweep.Run([], TimeSpan.Zero).Busy);
        }

        Assert.Equal(1, sweep.Run([], Limit.Time).Reclaimed);
        Assert.Equal([free, s_left], owner.Freed);
    }

    [Fact]
    public void A_shutdown_inside_a_gate_is_told_before_anything_happens()
    {
        FakeDevice device = new();
        _notifier.Subscribe(s_left, device, "device");
        using (_gate.Enter())
        {
            Told(() => _notifier.Release(Limit.Time));
        }

        Assert.Equal(0, device.Calls);
        Assert.Empty(_notifier.Release(Limit.Time));
        Assert.Equal(1, device.Calls);
    }

    [Fact]
    public void A_shutdown_without_time_inside_a_gate_names_it_as_ever()
    {
        using (_gate.Enter())
        {
            Assert.Equal("readers", Assert.Single(_notifier.Release(TimeSpan.Zero)).Name);
        }
    }

    private sealed class RecordingOwner : IReclaimOwner
    {
        internal List<AddressRange> Freed { get; } = [];

        public void Park(AddressRange range)
        {
        }

        public void Free(AddressRange range) => Freed.Add(range);

        public void Restore(AddressRange range)
        {
        }
    }
}
