// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>What is known about points that have completed: their fault, or honestly nothing.</summary>
public class OutcomeTests
{
    private static readonly InvalidOperationException s_error = new("I/O");

    [Fact]
    public void A_signal_with_an_error_faults_every_point_that_it_completes_and_no_other()
    {
        FenceTimeline timeline = new("device");
        timeline.Issue(6);

        timeline.Signal(2);
        timeline.Signal(4, s_error);
        timeline.Signal(5);

        Assert.Equal(
            [
                FenceStatus.Signaled, FenceStatus.Signaled, FenceStatus.Faulted, FenceStatus.Faulted, FenceStatus.Signaled, FenceStatus.Pending,
            ],
            StatusOf(timeline, 1, 6));
    }

    [Fact]
    public void The_last_thousand_faults_are_remembered_unless_said_otherwise()
    {
        const int Remembered = 1024;
        FenceTimeline timeline = new("device");
        timeline.Issue(Remembered + 1);
        for (ulong point = 1; point <= Remembered; point++)
        {
            timeline.Signal(point, new InvalidOperationException());
        }

        Assert.All(StatusOf(timeline, 1, Remembered), status => Assert.Equal(FenceStatus.Faulted, status));
        timeline.Signal(Remembered + 1, new InvalidOperationException());
        Assert.Equal([FenceStatus.Retired, .. Enumerable.Repeat(FenceStatus.Faulted, Remembered)], StatusOf(timeline, 1, Remembered + 1));
        Assert.Null(timeline.GetFence(1).Error);
    }

    [Fact]
    public void A_timeline_that_never_faults_has_no_memory_for_faults()
    {
        GC.KeepAlive(new FenceTimeline("warm", new FenceTimelineOptions { RetainedFaults = 1 }));
        long Bytes(int retained)
        {
            FenceTimelineOptions options = new() { RetainedFaults = retained };
            long before = GC.GetAllocatedBytesForCurrentThread();
            GC.KeepAlive(new FenceTimeline("device", options));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(Bytes(1), Bytes(FenceTimelineOptions.MaxRetainedFaults));
    }

    [Fact]
    public void Faults_allocate_for_sixteen_at_a_time_and_nothing_once_the_log_is_full()
    {
        FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 64 });
        InvalidOperationException[] errors = [new("a"), new("b")];
        void Fault() => timeline.Signal(timeline.Issue(), errors[timeline.Issued % 2]);
        long Bytes(int faults)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < faults; i++)
            {
                Fault();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Bytes(17); // the first fault counts itself, too
        Assert.Equal(0, Bytes(15));
        Assert.True(Bytes(1) > 0);
        Bytes(31);
        Assert.Equal(0, Bytes(200));
    }

    [Fact]
    public void A_point_that_is_not_younger_than_a_forgotten_fault_is_retired_and_never_said_to_be_signaled()
    {
        FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 1 });
        timeline.Issue(6);
        timeline.Signal(1);
        timeline.Signal(2, s_error);
        timeline.Signal(3);
        timeline.Signal(4, new InvalidOperationException("second"));
        timeline.Signal(5);
        timeline.Signal(6, new InvalidOperationException("third"));

        Assert.Equal(
            [
                FenceStatus.Signaled, // before the first fault ever: known to be good
                FenceStatus.Retired, FenceStatus.Retired, FenceStatus.Retired, FenceStatus.Signaled, FenceStatus.Faulted,
            ],
            StatusOf(timeline, 1, 6));
    }

    [Fact]
    public void Neighbours_that_fault_with_the_same_exception_take_one_place()
    {
        FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 2 });
        timeline.Issue(100);
        InvalidOperationException other = new("other");
        timeline.Signal(1, other);
        for (ulong point = 2; point <= 100; point++)
        {
            timeline.Signal(point, s_error);
        }

        Assert.Same(other, timeline.GetFence(1).Error);
        Assert.All(Enumerable.Range(2, 99), point => Assert.Same(s_error, timeline.GetFence((ulong)point).Error));
    }

    [Fact]
    public void The_same_exception_after_a_good_point_is_a_fault_of_its_own()
    {
        FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 4 });
        timeline.Issue(3);
        timeline.Signal(1, s_error);
        timeline.Signal(2);
        timeline.Signal(3, s_error);

        Assert.Equal([FenceStatus.Faulted, FenceStatus.Signaled, FenceStatus.Faulted], StatusOf(timeline, 1, 3));
    }

    [Fact]
    public void A_registered_waiter_gets_the_true_outcome_even_if_it_is_forgotten_at_once()
    {
        FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 1 });
        Fence first = timeline.Issue();
        Fence second = timeline.Issue();
        RecordingCallback before = new(() => timeline.Signal(second, new InvalidOperationException("second")));
        RecordingCallback after = new();
        first.TryAddCallback(before);
        first.TryAddCallback(after);

        timeline.Signal(first, s_error);

        Assert.Equal(FenceStatus.Retired, first.Status);
        Assert.Equal(FenceStatus.Faulted, after.Status);
        Assert.Same(s_error, after.Error);
    }

    [Fact]
    public void Whoever_sees_a_point_complete_sees_its_outcome_while_faults_race_past()
    {
        const ulong Points = 200_000;
        FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 3 });
        timeline.Issue(Points);

        void Read()
        {
            ulong point;
            while ((point = timeline.Completed) < Points)
            {
                // The youngest complete point, and one that is just coming.
                Check(point);
                Check(point + 1);
            }
        }

        void Check(ulong point)
        {
            Fence fence = timeline.GetFence(point);
            FenceStatus status = fence.GetStatus(out Exception? error);
            FenceStatus truth = point % 2 == 1 ? FenceStatus.Faulted : FenceStatus.Signaled;
            if (status is not (FenceStatus.Pending or FenceStatus.Retired) && status != truth)
            {
                Assert.Fail($"Point {point} reads {status}, and it was {truth}.");
            }

            Assert.Equal(status == FenceStatus.Faulted, ReferenceEquals(error, s_error));
        }

        TestThread.RunTogether(Read, () =>
        {
            for (ulong point = 1; point <= Points; point++)
            {
                if (point % 2 == 1)
                {
                    timeline.Signal(point, s_error);
                }
                else
                {
                    timeline.Signal(point);
                }
            }
        });
    }

    private static IEnumerable<FenceStatus> StatusOf(FenceTimeline timeline, int first, int count) =>
        Enumerable.Range(first, count).Select(point => timeline.GetFence((ulong)point).Status);
}
