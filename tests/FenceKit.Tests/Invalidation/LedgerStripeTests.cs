// SPDX-License-Identifier: MIT
using CsCheck;

namespace FenceKit.Tests.Invalidation;

/// <summary>A ledger whose addresses are dealt out over many stripes keeps what one with a single stripe promises.</summary>
public sealed class LedgerStripeTests : IDisposable
{
    private const int Places = 64; // each of 4 KiB; a range of more than eight touches all stripes

    private readonly InvalidationNotifier _notifier = new("arena");

    private enum Step
    {
        Begin,
        BeginBatch,
        End,
        Read,
        Deal,
    }

    public void Dispose() => _notifier.Dispose();

    [Fact]
    public void Any_history_of_sessions_and_readers_is_as_a_naive_list_says() =>
        Gen.Select(Gen.Enum<Step>(), Gen.Int[0, Places - 1], Gen.Int[1, 12]).Array[1, 60].Sample(static history => new History().Run(history), iter: 2_000, threads: 1);

    [Fact]
    public void Sessions_that_find_another_one_writing_again_and_again_have_the_addresses_dealt_out()
    {
        LedgerStripe whole = _notifier.Ledger.StripeAt(0);
        for (int meeting = 0; meeting < 1_000 && _notifier.Ledger.IsWhole; meeting++)
        {
            whole.Changes.BeginWrite(); // as if somebody were in the middle of a change
            InvalidateOnce(1);
            whole.Changes.EndWrite();
        }

        Assert.False(_notifier.Ledger.IsWhole);
    }

    [Fact]
    public void Sessions_that_do_not_meet_leave_the_ledger_whole()
    {
        for (int session = 0; session < 10_000; session++)
        {
            InvalidateOnce((ulong)session % Places);
        }

        Assert.True(_notifier.Ledger.IsWhole);
    }

    [Fact]
    public void Two_that_meet_in_one_layout_do_not_in_another()
    {
        HashSet<ulong> apart = [];
        for (int time = 0; time < 6; time++)
        {
            _notifier.Ledger.Divide([Page(0)]);
            for (ulong place = 1; place < Places; place++)
            {
                if (_notifier.Ledger.FindNear([Page(place)]) != _notifier.Ledger.FindNear([Page(0)]))
                {
                    apart.Add(place);
                }
            }

            _notifier.Ledger.StripeAt(0).Contentions = int.MaxValue; // they go on meeting
        }

        Assert.Equal(Places - 1, apart.Count);
    }

    [Fact]
    public void Sessions_that_go_on_meeting_in_the_last_layout_do_not_enter_every_gate()
    {
        for (int time = 0; time < 20; time++)
        {
            MeetFrom(0);
            _notifier.Ledger.Divide([Page(0)]);
        }

        LedgerStripe mine = _notifier.Ledger.FindNear([Page(0)]);
        LedgerStripe other = Enumerable.Range(0, InvalidationLedger.StripeCount).Select(_notifier.Ledger.StripeAt).First(stripe => stripe != mine);
        MeetFrom(0);
        using ManualResetEventSlim locked = new();
        using ManualResetEventSlim unlock = new();
        TestThread holder = TestThread.Start(() =>
        {
            lock (other.Lock)
            {
                locked.Set();
                Limit.On(unlock);
            }
        });
        Limit.On(locked);
        TestThread session = TestThread.Start(() =>
        {
            mine.Changes.BeginWrite(); // as if somebody were in the middle of a change
            InvalidateOnce(0);
            mine.Changes.EndWrite();
        });
        try
        {
            Limit.Until(() => session.HasEnded, "A session that meets another one in its own stripe");
        }
        finally
        {
            unlock.Set();
            holder.Join();
        }

        session.Join();
    }

    [Fact]
    public void Numbers_go_on_rising_when_the_addresses_are_dealt_out_however_many_sessions_there_were()
    {
        LastNumber device = new();
        using InvalidationSubscription all = _notifier.Subscribe(AddressRange.All, device, "device");
        for (int sessions = 0; sessions < 5_000; sessions++) // more than a reader's step
        {
            InvalidateOnce(0);
        }

        ulong ofWhole = device.Number;
        _notifier.Ledger.Divide([Page(0)]);
        for (ulong place = 0; place < Places; place++)
        {
            InvalidateOnce(place);
            Assert.True(device.Number > ofWhole, $"{device.Number} came after {ofWhole}.");
        }
    }

    [Fact]
    public void A_turn_is_taken_and_ended_under_the_locks_of_all_stripes()
    {
        using InvalidationSubscription reader = _notifier.Subscribe(AddressRange.All, new FakeDevice(), "reader");
        _notifier.Ledger.Divide([Page(0)]);
        for (int stripe = 0; stripe < InvalidationLedger.StripeCount; stripe++)
        {
            ReadTurn turn = default;
            AssertWaitsFor(stripe, () => Assert.True(reader.TryTakeTurn(Page(0), Limit.Time, out turn)));
            AssertWaitsFor(stripe, () => turn.Dispose());
        }
    }

    [Fact]
    public void A_session_that_meets_a_turn_begins_under_the_locks_of_all_stripes()
    {
        using InvalidationSubscription reader = _notifier.Subscribe(AddressRange.All, new FakeDevice(), "reader");
        _notifier.Ledger.Divide([Page(0)]);
        Assert.True(reader.TryTakeTurn(Page(1), Limit.Time, out ReadTurn turn)); // of another range
        for (int stripe = 0; stripe < InvalidationLedger.StripeCount; stripe++)
        {
            AssertWaitsFor(stripe, () => InvalidateOnce(0));
        }

        turn.Dispose();
    }

    [Fact]
    public void A_session_that_is_open_over_a_new_layout_is_ended_in_it()
    {
        using InvalidationSubscription reader = _notifier.Subscribe(AddressRange.All, new FakeDevice(), "reader");
        Assert.True(_notifier.TrySchedule(Page(3), InvalidationReason.Unmap, out InvalidationSession session));
        _notifier.Ledger.Divide([Page(3)]);
        Assert.False(reader.TryBeginRead(Page(3), out _));
        Assert.Equal(1, _notifier.ActiveSessions);
        Assert.True(_notifier.TrySchedule(Page(3), InvalidationReason.Unmap, out InvalidationSession later));
        Assert.Equal(InvalidationOutcome.Pending, later.TryWait()); // the earlier one is not forgotten
        session.Commit();
        Assert.Equal(InvalidationOutcome.Superseded, later.TryWait());
        later.BackOff();
        Assert.True(reader.TryBeginRead(Page(3), out _));
        Assert.Equal(0, _notifier.ActiveSessions);
    }

    [Fact]
    public void Readers_go_in_without_a_question_again_when_sessions_have_ended()
    {
        _notifier.Ledger.Divide([Page(0)]);
        using ReaderGate gate = new(_notifier, AddressRange.All, "readers");
        InvalidateOnce(1);
        Assert.NotEqual(0, _notifier.Ledger.Signals.Active); // the next session there need not raise it
        for (int look = 0; look < 2; look++)
        {
            gate.Enter(Page(5)).Dispose();
        }

        Assert.Equal(0, _notifier.Ledger.Signals.Active);
        Assert.True(_notifier.TrySchedule(Page(1), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.NotEqual(0, _notifier.Ledger.Signals.Active);
        session.BackOff();
    }

    [Fact]
    public void More_sessions_than_a_step_of_the_sequence_has_numbers_for_are_told_apart_by_readers()
    {
        _notifier.Ledger.Divide([Page(0)]);
        using InvalidationSubscription reader = _notifier.Subscribe(AddressRange.All, new FakeDevice(), "reader");
        for (int session = 0; session < 3_000; session++)
        {
            InvalidateOnce(1);
        }

        Assert.True(reader.TryBeginRead(Page(1), out InvalidationSequence sequence));
        Assert.False(reader.MustRetry(sequence));
        InvalidateOnce(1);
        Assert.True(reader.MustRetry(sequence));
    }

    [Fact]
    public void A_batch_of_more_ranges_than_a_step_has_numbers_for_is_seen_by_readers()
    {
        _notifier.Ledger.Divide([Page(0)]);
        using InvalidationSubscription reader = _notifier.Subscribe(AddressRange.All, new FakeDevice(), "reader");
        InvalidationBatch batch = _notifier.CreateBatch(coveringThreshold: 5_000);
        for (ulong place = 0; place < 2_500; place++)
        {
            batch.Add(Page(2 * place));
        }

        Assert.True(reader.TryBeginRead(Page(4_000), out InvalidationSequence touched));
        Assert.True(reader.TryBeginRead(Page(4_001), out InvalidationSequence beside));
        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        Assert.False(reader.TryBeginRead(Page(4_000), out _));
        session.Commit();
        Assert.True(reader.MustRetry(touched));
        Assert.False(reader.MustRetry(beside));
        Assert.True(reader.TryBeginRead(Page(4_000), out InvalidationSequence after));
        Assert.False(reader.MustRetry(after));
    }

    [Fact]
    public void No_two_sessions_have_the_same_number_in_whichever_stripes()
    {
        NumberedDevice device = new();
        using InvalidationSubscription subscription = _notifier.Subscribe(AddressRange.All, device, "device");
        for (int time = 0; time < 4; time++)
        {
            for (ulong place = 0; place < Places; place++)
            {
                InvalidateOnce(place);
                Assert.True(_notifier.TrySchedule(AddressRange.FromLength(place * 4096, 8 * 4096), InvalidationReason.Unmap, out InvalidationSession wide));
                wide.BackOff();
            }

            _notifier.Ledger.StripeAt(0).Contentions = int.MaxValue;
            _notifier.Ledger.Divide([Page(0)]);
        }

        Assert.Equal(8 * Places, device.Numbers.Count);
    }

    private static AddressRange Page(ulong place) => AddressRange.FromLength(place * 4096, 4096);

    private void MeetFrom(ulong place) => _notifier.Ledger.FindNear([Page(place)]).Contentions = int.MaxValue / 2;

    /// <summary>The action blocks as long as somebody else has the lock of the stripe, and goes through then.</summary>
    private void AssertWaitsFor(int stripe, Action action)
    {
        Lock held = _notifier.Ledger.StripeAt(stripe).Lock;
        TestThread other;
        bool hasEnded;
        lock (held)
        {
            other = TestThread.Start(action);
            other.UntilBlocked();
            hasEnded = other.HasEnded;
        }

        other.Join();
        Assert.False(hasEnded, $"It did not wait for the lock of stripe {stripe}.");
    }

    private void InvalidateOnce(ulong place)
    {
        Assert.True(_notifier.TrySchedule(Page(place), InvalidationReason.Unmap, out InvalidationSession session));
        session.Commit();
    }

    private sealed class LastNumber : IInvalidationSubscriber
    {
        public ulong Number { get; private set; }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Number = request.SessionNumber;
            fence = default;
            return true;
        }
    }

    private sealed class NumberedDevice : IInvalidationSubscriber
    {
        public HashSet<ulong> Numbers { get; } = new(2 * 8 * Places); // phase A must not allocate

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            return Numbers.Add(request.SessionNumber);
        }
    }

    /// <summary>One history on a notifier, beside lists of what is open and of what has been.</summary>
    private sealed class History
    {
        private readonly InvalidationNotifier _notifier = new("model", new InvalidationNotifierOptions { RememberedInvalidations = 1_000 });
        private readonly InvalidationSubscription _subscription;
        private readonly List<(InvalidationSession Session, AddressRange[] Ranges)> _open = [];
        private readonly List<(InvalidationSequence Sequence, AddressRange Range)> _readers = [];
        private readonly List<(AddressRange Range, int Readers)> _past = []; // and how many readers had begun before
        private int _forgotten; // so many readers had begun when the past was forgotten: they may start again without need

        public History() => _subscription = _notifier.Subscribe(AddressRange.All, new FakeDevice(), "reader");

        public bool Run((Step Step, int Place, int Length)[] history)
        {
            foreach ((Step step, int place, int length) in history)
            {
                AddressRange range = AddressRange.FromLength((ulong)place * 4096, (ulong)length * 4096);
                switch (step)
                {
                    case Step.Begin:
                        Assert.True(_notifier.TrySchedule(range, InvalidationReason.Protect, out InvalidationSession session));
                        Add(session, [range]);
                        break;
                    case Step.BeginBatch:
                        AddressRange other = AddressRange.FromLength(range.End + (ulong)(length * 8192), 4096);
                        InvalidationBatch batch = _notifier.CreateBatch();
                        batch.Add(other);
                        batch.Add(range);
                        Assert.True(batch.TrySchedule(InvalidationReason.Protect, out InvalidationSession both));
                        Add(both, [range, other]);
                        break;
                    case Step.End when _open.Count > 0:
                        _open[place % _open.Count].Session.BackOff();
                        _open.RemoveAt(place % _open.Count);
                        break;
                    case Step.Read:
                        bool isFree = !_open.Exists(one => one.Ranges.Any(range.Overlaps));
                        Assert.Equal(isFree, _subscription.TryBeginRead(range, out InvalidationSequence sequence));
                        if (isFree)
                        {
                            _readers.Add((sequence, range));
                        }

                        break;
                    case Step.Deal when place < 8:
                        _notifier.Ledger.StripeAt(0).Contentions = int.MaxValue;
                        _notifier.Ledger.Divide([range]);
                        _forgotten = _readers.Count;
                        break;
                }

                Check();
            }

            _open.ForEach(static one => one.Session.BackOff());
            _notifier.Dispose();
            return true;
        }

        private void Add(InvalidationSession session, AddressRange[] ranges)
        {
            bool isAlone = !_open.Exists(one => one.Ranges.Any(mine => ranges.Any(mine.Overlaps)));
            Assert.Equal(isAlone ? InvalidationOutcome.Completed : InvalidationOutcome.Pending, session.TryWait());
            _open.Add((session, ranges));
            _past.AddRange(ranges.Select(range => (range, _readers.Count)));
        }

        private void Check()
        {
            Assert.Equal(_open.Count, _notifier.ActiveSessions);
            for (int reader = 0; reader < _readers.Count; reader++)
            {
                (InvalidationSequence sequence, AddressRange range) = _readers[reader];
                bool wasTouched = _past.Exists(one => one.Readers > reader && one.Range.Overlaps(range));
                bool mustRetry = _subscription.MustRetry(sequence);
                Assert.True(mustRetry || !wasTouched, "A reader missed an invalidation.");
                Assert.True(wasTouched || !mustRetry || reader < _forgotten, "A reader starts again without need.");
            }
        }
    }
}
