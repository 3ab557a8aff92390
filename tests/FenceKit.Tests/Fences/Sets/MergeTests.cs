// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Reducing a set to the latest fence of each timeline, in place. Kernel scenarios 28 to 33, st-dma-fence-unwrap.</summary>
public class MergeTests
{
    private readonly FenceTimeline _a = new("a");
    private readonly FenceTimeline _b = new("b");

    public MergeTests()
    {
        _a.Issue(5);
        _b.Issue(5);
    }

    [Fact] // 28
    public void Two_fences_of_two_timelines_both_stay() => AssertMerged([A(1), B(1)], A(1), B(1));

    [Fact] // 29
    public void The_same_fence_stays_once() => AssertMerged([A(1), A(1)], A(1));

    [Fact] // 30
    public void Of_each_timeline_the_latest_stays_in_the_place_of_its_first() => AssertMerged([B(1), B(2), A(1)], B(2), A(1));

    [Fact] // 31
    public void A_set_and_the_same_set_the_other_way_round_make_one() => AssertMerged([A(1), B(1), B(1), A(1)], A(1), B(1));

    [Fact] // 32
    public void Complete_fences_and_the_stub_are_dropped()
    {
        _a.Signal(1);
        AssertMerged([A(1), B(1), B(1), A(2), default], B(1), A(2));
    }

    [Fact] // 33
    public void Two_sets_that_overlap_make_the_latest_of_both() => AssertMerged([A(2), B(1), A(1), B(2)], A(2), B(2));

    [Fact]
    public void Nothing_is_left_of_a_set_that_is_complete()
    {
        _a.Signal(5);
        AssertMerged([A(1), A(5), default]);
        AssertMerged([]);
    }

    [Fact]
    public void Waiting_for_what_is_left_is_waiting_for_all()
    {
        Fence[] fences = [A(1), B(3), A(4), B(2)];
        int count = Fence.Merge(fences);
        Assert.Equal(2, count);
        _a.Signal(4);
        Assert.True(Fence.WaitAll(fences.AsSpan(0, count), TimeSpan.Zero).IsTimeout);
        _b.Signal(3);
        Assert.Equal(FenceStatus.Signaled, Fence.WaitAll(fences.AsSpan(0, count), TimeSpan.Zero).Status);
    }

    [Fact]
    public void What_failed_stays_so_that_whoever_waits_for_the_rest_hears_of_it()
    {
        InvalidOperationException error = new("I/O");
        _a.Signal(1, error);
        AssertMerged([A(1), B(1), A(1), A(2), A(3)], A(1), B(1), A(3));
        Fence[] fences = [A(2), A(1), B(1)];
        int count = Fence.Merge(fences);
        _a.Signal(5);
        _b.Signal(5);
        FenceWaitResult result = Fence.WaitAll(fences.AsSpan(0, count), TimeSpan.Zero);
        Assert.Equal((FenceStatus.Faulted, error), (result.Status, result.Error));
    }

    [Fact]
    public void What_has_an_outcome_that_is_forgotten_stays_too()
    {
        FenceTimeline forgetful = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        forgetful.Issue(2);
        forgetful.Signal(1, new InvalidOperationException());
        forgetful.Signal(2, new InvalidOperationException());
        AssertMerged([forgetful.GetFence(1), B(1)], forgetful.GetFence(1), B(1));
    }

    private static void AssertMerged(Fence[] fences, params Fence[] expected)
    {
        int count = Fence.Merge(fences);
        Assert.Equal(expected, fences[..count]);
    }

    private Fence A(ulong point) => _a.GetFence(point);

    private Fence B(ulong point) => _b.GetFence(point);
}
