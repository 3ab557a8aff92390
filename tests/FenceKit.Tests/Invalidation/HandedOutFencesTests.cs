// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>What phase A keeps for those who wait for their device when they unsubscribe: in a fixed amount of room.</summary>
public class HandedOutFencesTests : NotifierTest
{
    private const int Room = 256;

    private readonly ManyTimelines _subscriber = new();
    private readonly InvalidationSubscription _subscription;

    public HandedOutFencesTests() => _subscription = Notifier.Subscribe(
        Range(0, 10), _subscriber, "many", new InvalidationSubscriptionOptions { DrainTimeout = TimeSpan.FromSeconds(1) });

    [Fact]
    public void Where_no_room_is_left_the_schedule_is_refused_before_the_subscriber_is_asked()
    {
        for (int call = 0; call < Room; call++)
        {
            Schedule(0, 10).BackOff();
        }

        Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out _, out InvalidationSubscription? refusedBy));
        Assert.Equal((_subscription, Room), (refusedBy, _subscriber.Calls));

        _subscriber.Timelines[17].Signal(1);
        Schedule(0, 10).BackOff();
        Assert.Equal(Room + 1, _subscriber.Calls);
    }

    [Fact]
    public void Of_one_timeline_the_latest_is_enough_and_all_are_waited_for()
    {
        for (int call = 0; call < 3 * Room; call++)
        {
            _subscriber.Next = call % 2;
            Schedule(0, 10).BackOff();
        }

        Task unsubscribed = _subscription.DisposeAsync().AsTask();
        _subscriber.Timelines[0].Signal(_subscriber.Timelines[0].Issued);
        _subscriber.Timelines[1].Signal(_subscriber.Timelines[1].Issued - 1);
        Assert.False(unsubscribed.IsCompleted);
        _subscriber.Timelines[1].Signal(_subscriber.Timelines[1].Issued);
        Limit.On(unsubscribed);
    }

    [Fact]
    public void Handing_out_fences_of_ever_new_timelines_allocates_nothing()
    {
        // The whole run counts, not the cheapest part of it: what grows does so seldom.
        long bytes = -1;
        TestThread.Run(() =>
        {
            Run(20);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(Room - 20);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.Equal(0, bytes);

        void Run(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                Notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session);
                session.BackOff();
            }
        }
    }

    private sealed class ManyTimelines : IInvalidationSubscriber
    {
        private int _next;

        internal FenceTimeline[] Timelines { get; } = [.. Enumerable.Range(0, 2 * Room).Select(_ => new FenceTimeline("device"))]; // one name: a class that the validator has seen allocates nothing

        internal int Calls { get; private set; }

        internal int Next
        {
            set => _next = value;
        }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Calls++;
            fence = Timelines[_next++].Issue();
            return true;
        }
    }
}
