// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Subscribers that hear how a session ended.</summary>
public class InvalidationObserverTests : NotifierTest
{
    private readonly Observer _observer = new();
    private readonly InvalidationSubscription _subscription;

    public InvalidationObserverTests() => _subscription = Notifier.Subscribe(Range(0, 10), _observer, "observer");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_hears_of_commit_and_back_off_when_the_range_is_open_again(bool commits)
    {
        _observer.WhenTold = () => Assert.True(_subscription.TryBeginRead(Range(0, 10), out _));
        InvalidationSession session = Schedule(5, 15);
        Assert.Empty(_observer.Ends);

        if (commits)
        {
            session.Commit();
        }
        else
        {
            session.Dispose();
        }

        (InvalidationRequest request, bool isCommitted) = Assert.Single(_observer.Ends);
        Assert.Equal((Range(5, 15), Range(0, 10), Unmap, commits), (request.Range, request.SubscribedRange, request.Reason, isCommitted));
        Assert.Equal(0, Notifier.GetStatistics().SubscriberFaults);
    }

    [Fact]
    public void It_hears_that_another_refused_and_who_refuses_itself_hears_nothing()
    {
        Observer refuses = new() { Answer = false };
        Notifier.Subscribe(Range(5, 10), refuses, "refuses");

        Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out _));

        Assert.False(Assert.Single(_observer.Ends).IsCommitted);
        Assert.Empty(refuses.Ends);
    }

    [Fact]
    public void It_hears_once_for_each_range_of_a_batch_in_the_order_of_the_schedule()
    {
        InvalidationBatch batch = Notifier.CreateBatch();
        batch.Add(Range(8, 9));
        batch.Add(Range(0, 2));
        Assert.True(batch.TrySchedule(Unmap, out InvalidationSession session));
        session.Commit();

        Assert.Equal([Range(0, 2), Range(8, 9)], _observer.Ends.Select(end => end.Request.Range));
    }

    [Fact]
    public void The_number_of_a_session_tells_which_of_two_over_one_range_has_ended()
    {
        InvalidationSession first = Schedule(0, 10);
        ulong numberOfFirst = _observer.LastNumber;
        InvalidationSession second = Schedule(0, 10);
        ulong numberOfSecond = _observer.LastNumber;
        second.BackOff();
        first.BackOff();

        Assert.NotEqual(numberOfFirst, numberOfSecond);
        Assert.Equal([numberOfSecond, numberOfFirst], _observer.Ends.Select(end => end.Request.SessionNumber));
    }

    [Fact]
    public void One_that_is_not_asked_again_hears_of_the_end_all_the_same()
    {
        Observer mapped = new();
        Notifier.Subscribe(Range(20, 30), mapped, "mapped", new InvalidationSubscriptionOptions { MapsThroughSubscription = true });
        Schedule(20, 30).BackOff();
        Schedule(20, 30).Commit();

        Assert.Equal(1, mapped.Calls);
        Assert.Equal([false, true], mapped.Ends.Select(end => end.IsCommitted));
    }

    [Fact]
    public void What_one_throws_is_counted_and_reaches_neither_the_owner_nor_the_others()
    {
        Observer other = new();
        Notifier.Subscribe(Range(0, 10), other, "other");
        _observer.WhenTold = () => throw new NotSupportedException("observer");

        Schedule(0, 10).Commit();

        Assert.Single(other.Ends);
        Assert.Equal((1L, 1L), (Notifier.GetStatistics().SubscriberFaults, Notifier.GetStatistics().Committed));
    }

    [Fact]
    public void Once_unsubscribed_it_hears_nothing_of_sessions_that_are_still_open()
    {
        InvalidationSession session = Schedule(0, 10);
        _subscription.Dispose();
        session.Commit();

        Assert.Empty(_observer.Ends);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Unsubscribing_waits_for_a_call_that_is_under_way(bool isAsync)
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim goOn = new();
        _observer.WhenTold = ContractReports.AskedFor("a subscriber waits", () =>
        {
            inside.Set();
            Limit.On(goOn);
        });
        InvalidationSession session = Schedule(0, 10);
        TestThread owner = TestThread.Start(session.Commit);
        Limit.On(inside);
        Task unsubscribed = isAsync ? _subscription.DisposeAsync().AsTask() : Task.Run(_subscription.Dispose);

        Assert.False(unsubscribed.IsCompleted);
        goOn.Set();

        Limit.On(unsubscribed);
        owner.Join();
    }

    [Fact]
    public void Unsubscribing_inside_the_call_is_an_error()
    {
        Exception? error = null;
        _observer.WhenTold = ContractReports.AskedFor("an exception is allocated", () => error = Record.Exception(_subscription.Dispose));

        Schedule(0, 10).Commit();

        Assert.IsType<InvalidOperationException>(error);
        Assert.True(_subscription.TryBeginRead(Range(0, 10), out _));
    }

    [Fact]
    public void It_may_begin_and_end_a_session_of_its_own()
    {
        _observer.WhenTold = ContractReports.AskedFor("the first session inside another one allocates", () =>
        {
            _observer.WhenTold = null;
            Schedule(3, 4).Commit();
        });

        Schedule(0, 10).BackOff();

        Assert.Equal([true, false], _observer.Ends.Select(end => end.IsCommitted)); // written down when the inner one is over
    }

    [Fact]
    public void Hearing_of_the_end_costs_no_bytes()
    {
        Observer counting = new() { Remembers = false };
        using InvalidationNotifier notifier = new("steady");
        notifier.Subscribe(Range(0, 10), counting, "counting");
        Assert.Equal(0, Allocation.Of(() =>
        {
            notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session);
            session.Commit();
        }));
        Assert.True(counting.Told > 0);
    }

    private sealed class Observer : IInvalidationObserver
    {
        internal List<(InvalidationRequest Request, bool IsCommitted)> Ends { get; } = [];

        internal Action? WhenTold { get; set; }

        internal bool Answer { get; init; } = true;

        internal bool Remembers { get; init; } = true;

        internal int Calls { get; private set; }

        internal int Told { get; private set; }

        internal ulong LastNumber { get; private set; }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Calls++;
            LastNumber = request.SessionNumber;
            fence = default;
            return Answer;
        }

        public void OnEnded(in InvalidationRequest request, bool isCommitted)
        {
            Told++;
            WhenTold?.Invoke();
            if (Remembers)
            {
                using Lockdep.LockSectionScope allocates = ContractReports.AskedFor("a subscriber writes down what it hears");
                Ends.Add((request, isCommitted));
            }
        }
    }
}
