// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>A thread that would wait for itself is told at once, whether the contract is checked or not; nobody else ever is.</summary>
public sealed class SelfWaitTests : GateTest
{
    private delegate void Use(SelfWaitTests test, AddressRange range);

    private static readonly Dictionary<string, Use> s_waits = new()
    {
        ["Enter of all"] = static (test, _) => test._gate.Enter().Dispose(),
        ["Enter"] = static (test, range) => test._gate.Enter(range).Dispose(),
        ["TryEnter"] = static (test, range) => test._gate.TryEnter(range, Limit.Time, out _),
        ["GateReader.Enter of all"] = static (test, _) => test._gate.GetReader().Enter().Dispose(),
        ["GateReader.Enter"] = static (test, range) => test._gate.GetReader().Enter(range).Dispose(),
        ["GateReader.TryEnter"] = static (test, range) => test._gate.GetReader().TryEnter(range, Timeout.InfiniteTimeSpan, out _),
        ["EnterAsync without a limit"] = static (test, range) => Limit.On(test._gate.EnterAsync(range).AsTask()),
        ["EnterAsync"] = static (test, range) => Limit.On(test._gate.EnterAsync(range, Limit.Time).AsTask()),
        ["TryEnterAsync"] = static (test, range) => Limit.On(test._gate.TryEnterAsync(range, Limit.Time).AsTask()),
        ["BeginRead"] = static (test, range) => test.Mapper.BeginRead(range, Timeout.InfiniteTimeSpan, out _),
        ["BeginReadAsync"] = static (test, range) => Limit.On(test.Mapper.BeginReadAsync(range, Limit.Time).AsTask()),
    };

    private static readonly Dictionary<string, Use> s_statuses = new()
    {
        ["TryEnter"] = static (test, range) => Assert.False(test._gate.TryEnter(range, out _)),
        ["TryEnter without time"] = static (test, range) => Assert.False(test._gate.TryEnter(range, TimeSpan.Zero, out _)),
        ["TryEnterAsync without time"] = static (test, range) => Assert.False(Limit.On(test._gate.TryEnterAsync(range, TimeSpan.Zero).AsTask()).TryGetLease(out _)),
        ["TryBeginRead"] = static (test, range) => Assert.False(test.Mapper.TryBeginRead(range, out _)),
        ["BeginRead without time"] = static (test, range) => Assert.False(test.Mapper.BeginRead(range, TimeSpan.Zero, out _)),
    };

    public static TheoryData<string> Waits => [.. s_waits.Keys];

    public static TheoryData<string> Statuses => [.. s_statuses.Keys];

    private InvalidationSubscription Mapper => field ??= _notifier.Subscribe(new AddressRange(0, 1000), new StubSubscriber(), "mapper");

    [Theory]
    [MemberData(nameof(Waits))]
    public void Who_would_wait_for_the_end_of_its_own_session_is_told(string wait) => TestThread.Run(() =>
    {
        using InvalidationSession session = Schedule(s_left);
        InvalidOperationException error = Told(() => s_waits[wait](this, s_left));
        Assert.Contains("wait for itself", error.Message, StringComparison.Ordinal);
        Assert.Contains(s_left.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains(wait.Contains("Read", StringComparison.Ordinal) && !wait.StartsWith("Gate", StringComparison.Ordinal) ? "mapper" : "readers", error.Message, StringComparison.Ordinal);

        // Nothing has changed: the session completes, since nobody is inside, and readers go on after it.
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        session.Commit();
        s_waits[wait](this, s_left);
    });

    [Theory]
    [MemberData(nameof(Statuses))]
    public void Who_does_not_wait_gets_a_status_inside_its_own_session(string look) => TestThread.Run(() =>
    {
        using InvalidationSession session = Schedule(s_left);
        s_statuses[look](this, s_left);
    });

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_range_that_does_not_overlap_is_free_inside_the_session(string wait) => TestThread.Run(() =>
    {
        using InvalidationSession session = Schedule(new AddressRange(2000, 3000));
        s_waits[wait](this, s_right);
    });

    [Fact]
    public void A_part_of_the_gate_beside_the_session_is_free_and_the_whole_is_not() => TestThread.Run(() =>
    {
        using InvalidationSession session = Schedule(s_left);
        using (_gate.Enter(s_right))
        {
            // The inner scope would park behind the session, which is older than the outer scope.
            Told(() => _gate.Enter().Dispose());
            Told(() => _gate.Enter(s_left).Dispose());
            _gate.Enter(s_right).Dispose();
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait()); // nobody has been counted twice
        }

        session.Commit();
        _gate.Enter().Dispose();
    });

    [Fact]
    public void A_second_gate_over_the_same_range_is_no_way_round() => TestThread.Run(() =>
    {
        using ReaderGate second = new(_notifier, s_left, "second");
        using InvalidationSession session = Schedule(new AddressRange(50, 150));
        InvalidOperationException error = Told(() => second.Enter().Dispose());
        Assert.Contains("'second'", error.Message, StringComparison.Ordinal);
        second.Enter(new AddressRange(0, 50)).Dispose();
    });

    [Fact]
    public void A_gate_of_another_notifier_is_free_inside_the_session() => TestThread.Run(() =>
    {
        using InvalidationNotifier other = new("other");
        using ReaderGate gate = new(other, s_left, "others");
        using InvalidationSession session = Schedule(s_left);
        gate.Enter().Dispose();
    });

    [Fact]
    public void A_gate_that_lets_new_readers_pass_does_so_inside_the_session() => TestThread.Run(() =>
    {
        using ReaderGate gate = new(_notifier, s_left, "passing", NewReaders.Pass);
        using InvalidationSession session = Schedule(s_left);
        gate.Enter().Dispose();
    });

    [Fact]
    public void A_reason_that_the_gate_does_not_hear_holds_nobody_up() => TestThread.Run(() =>
    {
        using ReaderGate gate = new(_notifier, s_left, "only reading", reasons: InvalidationReason.All & ~InvalidationReason.Protect);
        using InvalidationSession session = Schedule(s_left, InvalidationReason.Protect);
        gate.Enter().Dispose();
        Told(() => _gate.Enter(s_left).Dispose());
    });

    [Fact]
    public void The_own_session_is_found_behind_those_of_others() => TestThread.Run(() =>
    {
        InvalidationSession others = default;
        using InvalidationSession own = Schedule(s_right);
        TestThread.Run(() => others = Schedule(s_left));
        Told(() => _gate.Enter().Dispose()); // both are in the way; one ends without this thread
        others.Dispose();
    });

    [Fact]
    public void Every_phase_of_an_invalidation_in_one_call_is_inside_it()
    {
        int told = 0;
        _notifier.Subscribe(s_left, new FakeDevice { WhenCalled = ContractReports.AskedFor("an exception is allocated", Tell) }, "device");

        // On a thread of the pool that runs no task: here nothing but the call itself says whose session it is.
        OnBarePoolThread(() => _notifier.Invalidate(s_left, InvalidationReason.Unmap, _ => Tell(), _ => Tell()));
        Assert.Equal(3, told);

        void Tell()
        {
            Told(() => _gate.Enter(s_left).Dispose());
            told++;
        }
    }

    [Fact]
    public void The_owner_of_a_sweep_is_inside_its_session()
    {
        CallingOwner owner = new(range => Told(() => _gate.Enter(range).Dispose()));
        OnBarePoolThread(() => Assert.Equal(1, new ReclaimSweep(_notifier, InvalidationReason.Discard, owner).Run([s_left], Limit.Time).Reclaimed));
        Assert.Equal(2, owner.Calls); // Park, Free
    }

    [Fact]
    public async Task A_task_that_stays_on_its_thread_is_told() => await Task.Run(() =>
    {
        using InvalidationSession session = Schedule(s_left);
        Told(() => _gate.Enter(s_left).Dispose());
    });

    [Fact]
    public void Another_thread_parks_as_ever()
    {
        InvalidationSession session = Schedule(s_left);
        TestThread reader = TestThread.Start(() => _gate.Enter(s_left).Dispose());
        reader.UntilBlocked();
        session.Dispose();
        reader.Join();
    }

    [Fact]
    public void A_session_that_another_thread_uses_is_not_this_threads_own() => TestThread.Run(() =>
    {
        InvalidationSession session = Schedule(s_left);
        using ManualResetEventSlim used = new();
        Thread reader = Thread.CurrentThread;
        TestThread ender = TestThread.Start(() =>
        {
            session.TryWait();
            used.Set();
            Limit.Until(() => (reader.ThreadState & ThreadState.WaitSleepJoin) != 0, "The reader parking");
            session.Dispose();
        });
        Limit.On(used);
        _gate.Enter(s_left).Dispose(); // parks, and goes on
        ender.Join();
    });

    [Fact]
    public void A_session_whose_wait_goes_on_without_a_thread_is_not_this_threads_own() => TestThread.Run(() =>
    {
        FakeDevice device = new(DeviceAnswer.Pending);
        _notifier.Subscribe(s_left, device, "device");
        InvalidationSession session = Schedule(s_left);
        Task<InvalidationOutcome> waiting = session.WaitAsync(Limit.Time).AsTask();
        Task<ReaderLease> entering = _gate.EnterAsync(s_left, Limit.Time).AsTask(); // waits
        Assert.False(entering.IsCompleted);
        device.Finish();
        Assert.Equal(InvalidationOutcome.Completed, Limit.On(waiting));
        session.Commit();
        Limit.On(entering).Dispose();
    });

    [Fact]
    public void A_thread_of_the_pool_that_serves_somebody_else_by_now_is_not_the_holder()
    {
        // The session is scheduled and left open by a work item; the thread goes on to the next one. No other thread helps.
        InvalidationSession session = default;
        bool parked = false;
        OnBarePoolThread(() => session = Schedule(s_left));
        OnBarePoolThread(() =>
        {
            Task<ReaderLease> entering = _gate.EnterAsync(s_left, Limit.Time).AsTask();
            parked = !entering.IsCompleted;
            session.Dispose();
            Limit.On(entering).Dispose();
        });
        Assert.True(parked);
    }

    [Fact]
    public void A_thread_that_has_the_number_of_one_that_is_gone_is_not_the_holder()
    {
        InvalidationSession session = default;
        TestThread.Run(() => session = Schedule(s_left));
        for (int thread = 0; thread < 32; thread++) // numbers of threads come again
        {
            TestThread reader = TestThread.Start(() => _gate.TryEnter(s_left, TimeSpan.FromMilliseconds(1), out _));
            reader.Join();
        }

        session.Dispose();
    }

    private static void OnBarePoolThread(Action action)
    {
        using ManualResetEventSlim done = new();
        Exception? failure = null;
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                try
                {
                    Assert.Null(Task.CurrentId);
                    Assert.Null(SynchronizationContext.Current);
                    action();
                }
                catch (Exception exception)
                {
                    failure = exception;
                }

                done.Set();
            },
            state: null);
        Limit.On(done);
        Assert.Null(failure);
    }

    private sealed class CallingOwner(Action<AddressRange> call) : IReclaimOwner
    {
        internal int Calls { get; private set; }

        public void Park(AddressRange range) => Call(range);

        public void Free(AddressRange range) => Call(range);

        public void Restore(AddressRange range) => Call(range);

        private void Call(AddressRange range)
        {
            call(range);
            Calls++;
        }
    }
}
