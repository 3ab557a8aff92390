// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>A signal that completes the points of several commands is told where a timeline is asked to tell of it.</summary>
[Collection(AloneCollection.Name)]
public sealed class CumulativeSignalTests : IDisposable
{
    private readonly List<(string, ulong, ulong)> _told = [];
    private readonly long _before = FenceTimeline.CumulativeSignals;

    public CumulativeSignalTests() => FenceTimeline.CumulativelySignaled += Note;

    public void Dispose() => FenceTimeline.CumulativelySignaled -= Note;

    [Fact]
    public void A_signal_that_passes_over_pending_points_is_told_with_the_points()
    {
        FenceTimeline timeline = Reporting();
        timeline.Issue();
        timeline.Issue();
        Fence third = timeline.Issue();
        timeline.Issue();

        Assert.True(timeline.Signal(third));

        Assert.Equal([("device", 1UL, 3UL)], _told);
        Assert.Equal(1, FenceTimeline.CumulativeSignals - _before);
        Assert.True(timeline.Signal(4));
        Assert.Single(_told);
    }

    [Fact]
    public void Signals_in_order_and_late_ones_are_not_told()
    {
        FenceTimeline timeline = Reporting();
        timeline.Issue();
        timeline.Issue();

        Assert.True(timeline.Signal(1));
        Assert.True(timeline.Signal(2));
        Assert.False(timeline.Signal(1));

        Assert.Empty(_told);
    }

    [Fact]
    public void A_fault_that_passes_over_pending_points_is_told()
    {
        FenceTimeline timeline = Reporting();
        timeline.Issue();
        Fence second = timeline.Issue();

        Assert.True(timeline.Signal(second, new InvalidOperationException()));
        timeline.Issue();
        timeline.Issue();
        Assert.True(timeline.Signal(4, new InvalidOperationException()));

        Assert.Equal([("device", 1UL, 2UL), ("device", 3UL, 4UL)], _told);
    }

    [Fact]
    public void Points_that_were_issued_together_are_one_command()
    {
        FenceTimeline timeline = Reporting();
        Fence block = timeline.Issue(5);
        Assert.True(timeline.Signal(3));
        Assert.True(timeline.Signal(block));
        Assert.Empty(_told);

        timeline.Issue(2);
        Fence other = timeline.Issue(2);
        Assert.True(timeline.Signal(other));
        Assert.Equal([("device", 6UL, 9UL)], _told);
    }

    [Fact]
    public void A_block_that_may_have_been_forgotten_is_not_told_by_mistake()
    {
        FenceTimeline timeline = Reporting();
        Fence block = timeline.Issue(2);
        for (int i = 0; i < 1_000; i++)
        {
            timeline.Issue(2);
        }

        timeline.Signal(block);
        Assert.Empty(_told);
    }

    [Fact]
    public void A_timeline_that_is_made_while_somebody_listens_reports_and_one_that_says_no_does_not()
    {
        FenceTimeline listening = new("listening");
        FenceTimeline refusing = new("refusing", new FenceTimelineOptions { ReportsCumulativeSignals = false });
        listening.Issue(2);
        listening.Issue();
        refusing.Issue();
        refusing.Issue();

        listening.Signal(3);
        refusing.Signal(2);

        Assert.Equal([("listening", 1UL, 3UL)], _told);
    }

    [Fact]
    public void What_is_read_from_the_hardware_a_poison_and_a_dispose_are_not_told()
    {
        FenceTimeline polled = new("polled", new FenceTimelineOptions { ReportsCumulativeSignals = true, Poll = () => 2 });
        polled.Issue();
        polled.Issue();
        Assert.True(polled.TryPoll());
        polled.Issue();
        polled.Issue();
        polled.Poison(new InvalidOperationException());
        FenceTimeline disposed = Reporting();
        disposed.Issue();
        disposed.Issue();
        disposed.Dispose();

        Assert.Empty(_told);
    }

    [Fact]
    public void Parts_of_the_library_that_finish_in_order_are_not_told_of()
    {
        using FenceWaitSet set = new(2);
        using FencePool pool = new("pool", 2);
        pool.TryRent(out FenceSource one);
        pool.TryRent(out FenceSource two);
        set.Set(0, one.Fence);
        set.Set(1, two.Fence);
        two.TrySignal();
        one.TrySignal();

        Assert.Empty(_told);
    }

    [Fact]
    public void What_a_handler_throws_stays_there()
    {
        static void Throws(FenceTimeline timeline, ulong first, ulong last) => throw new InvalidOperationException("from a handler");
        FenceTimeline.CumulativelySignaled += Throws;
        try
        {
            FenceTimeline timeline = Reporting();
            timeline.Issue();
            Assert.True(timeline.Signal(timeline.Issue()));
        }
        finally
        {
            FenceTimeline.CumulativelySignaled -= Throws;
        }

        Assert.Single(_told);
    }

    [Fact]
    public void Signals_by_several_threads_are_told_only_where_one_passed_over_points()
    {
        const ulong Points = 20_000;
        FenceTimeline timeline = Reporting();
        for (ulong i = 0; i < Points; i++)
        {
            timeline.Issue();
        }

        ulong next = 0;
        void SignalNext()
        {
            while (true)
            {
                lock (_told)
                {
                    if (next == Points)
                    {
                        return;
                    }

                    timeline.Signal(++next);
                }
            }
        }

        TestThread.RunTogether(SignalNext, SignalNext);
        Assert.Empty(_told);
    }

    private static FenceTimeline Reporting() => new("device", new FenceTimelineOptions { ReportsCumulativeSignals = true });

    private void Note(FenceTimeline timeline, ulong first, ulong last) => _told.Add((timeline.Name, first, last));
}
