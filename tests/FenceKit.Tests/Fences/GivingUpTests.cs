// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>One point that was issued, and that nobody will work on, fails alone.</summary>
public class GivingUpTests
{
    private static readonly InvalidOperationException s_error = new("not submitted");

    private readonly FenceTimeline _timeline = new("device");

    [Fact]
    public void A_point_that_is_given_up_waits_for_its_turn_and_fails_alone()
    {
        _timeline.Issue(4);
        Assert.True(_timeline.TryGiveUp(_timeline.GetFence(3), s_error));

        Assert.Equal(0UL, _timeline.Completed);
        _timeline.Signal(1);
        Assert.Equal(FenceStatus.Pending, _timeline.GetFence(3).Status);
        _timeline.Signal(2);
        Assert.Equal(3UL, _timeline.Completed);
        _timeline.Signal(4);

        AssertOutcomes(FenceStatus.Signaled, FenceStatus.Signaled, FenceStatus.Faulted, FenceStatus.Signaled);
    }

    [Fact]
    public void A_point_whose_turn_it_is_fails_at_once()
    {
        Fence fence = _timeline.Issue();
        RecordingCallback callback = new();
        fence.TryAddCallback(callback);

        Assert.True(_timeline.TryGiveUp(fence, s_error));

        Assert.Same(s_error, fence.Error);
        Assert.Same(s_error, callback.Error);
        Assert.False(_timeline.Signal(fence));
    }

    [Fact]
    public void A_signal_that_passes_over_it_completes_it_with_its_own_error()
    {
        _timeline.Issue(4);
        RecordingCallback[] callbacks = [.. Enumerable.Range(0, 4).Select(_ => new RecordingCallback())];
        for (int i = 0; i < 4; i++)
        {
            _timeline.GetFence((ulong)i + 1).TryAddCallback(callbacks[i]);
        }

        Assert.True(_timeline.TryGiveUp(_timeline.GetFence(2), s_error));
        Assert.True(_timeline.Signal(4));

        AssertOutcomes(FenceStatus.Signaled, FenceStatus.Faulted, FenceStatus.Signaled, FenceStatus.Signaled);
        Assert.Equal(
            [FenceStatus.Signaled, FenceStatus.Faulted, FenceStatus.Signaled, FenceStatus.Signaled], callbacks.Select(callback => callback.Status));
        Assert.All(callbacks, callback => Assert.Equal(1, callback.Calls));
        Assert.Same(s_error, callbacks[1].Error);
    }

    [Fact]
    public void A_signal_that_passes_over_it_when_nobody_waits_completes_it_with_its_own_error()
    {
        _timeline.Issue(3);
        Assert.True(_timeline.TryGiveUp(_timeline.GetFence(2), s_error));
        Assert.True(_timeline.Signal(3));
        AssertOutcomes(FenceStatus.Signaled, FenceStatus.Faulted, FenceStatus.Signaled);
    }

    [Fact]
    public void Neighbours_that_are_given_up_in_any_order_fail_one_after_the_other()
    {
        _timeline.Issue(6);
        InvalidOperationException[] errors = [.. Enumerable.Range(0, 7).Select(i => new InvalidOperationException($"{i}"))];
        foreach (ulong point in new ulong[] { 5, 2, 4, 3 })
        {
            Assert.True(_timeline.TryGiveUp(_timeline.GetFence(point), errors[point]));
            Assert.False(_timeline.TryGiveUp(_timeline.GetFence(point), s_error));
        }

        _timeline.Signal(1);

        Assert.Equal(5UL, _timeline.Completed);
        for (ulong point = 2; point <= 5; point++)
        {
            Assert.Same(errors[point], _timeline.GetFence(point).Error);
        }
    }

    [Fact]
    public void Faults_of_earlier_points_after_it_was_given_up_are_known_too()
    {
        _timeline.Issue(4);
        InvalidOperationException earlier = new("earlier");
        Assert.True(_timeline.TryGiveUp(_timeline.GetFence(3), s_error));
        _timeline.Signal(1, earlier);
        _timeline.Signal(2);

        Assert.Same(earlier, _timeline.GetFence(1).Error);
        Assert.Equal(FenceStatus.Signaled, _timeline.GetFence(2).Status);
        Assert.Same(s_error, _timeline.GetFence(3).Error);
    }

    [Fact]
    public void A_signal_with_an_error_and_a_poison_fault_it_with_theirs()
    {
        InvalidOperationException theirs = new("theirs");
        _timeline.Issue(4);
        _timeline.TryGiveUp(_timeline.GetFence(2), s_error);
        _timeline.TryGiveUp(_timeline.GetFence(4), s_error);
        _timeline.Signal(3, theirs);
        Assert.Same(theirs, _timeline.GetFence(2).Error);
        Assert.Same(s_error, _timeline.GetFence(4).Error); // its turn came with the signal

        FenceTimeline lost = new("lost");
        lost.Issue(2);
        lost.TryGiveUp(lost.GetFence(2), s_error);
        lost.Poison(theirs);
        Assert.Same(theirs, lost.GetFence(2).Error);
    }

    [Fact]
    public void What_is_complete_or_foreign_cannot_be_given_up()
    {
        Fence fence = _timeline.Issue();
        _timeline.Signal(fence);
        Assert.False(_timeline.TryGiveUp(fence, s_error));
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Equal("fence", Assert.Throws<ArgumentException>(() => { _timeline.TryGiveUp(default, s_error); }).ParamName);
        Assert.Equal("error", Assert.Throws<ArgumentNullException>(() => _timeline.TryGiveUp(fence, null!)).ParamName);
    }

    [Fact]
    public async Task Whoever_waits_for_it_in_any_way_hears_the_error()
    {
        Fence fence = _timeline.Issue(2);
        Task<FenceStatus> waiting = Task.Run(() => fence.Wait(Limit.Time));
        async Task Await() => await fence.ConfigureAwait(FenceContinuation.ThreadPool);
        Task awaiting = Await();
        Assert.True(_timeline.TryGiveUp(fence, s_error));

        _timeline.Signal(1);

        Assert.Equal(FenceStatus.Faulted, await Limit.OnAsync(waiting));
        Assert.Same(s_error, await Assert.ThrowsAsync<InvalidOperationException>(() => Limit.OnAsync(awaiting)));
    }

    [Fact]
    public void Nothing_of_it_stays_when_it_is_over()
    {
        _timeline.Issue(2);
        _timeline.TryGiveUp(_timeline.GetFence(2), s_error);
        Assert.DoesNotContain("StandBy", _timeline.DumpPending(), StringComparison.Ordinal);
        _timeline.Signal(1);
        TimelineProbe.AssertNoNodeLeft(_timeline);
        Assert.True(_timeline.Signal(_timeline.Issue()));
        Assert.Equal(3UL, _timeline.Completed);
    }

    private void AssertOutcomes(params FenceStatus[] expected)
    {
        Assert.Equal(expected, Enumerable.Range(1, expected.Length).Select(point => _timeline.GetFence((ulong)point).Status));
        Assert.All(
            Enumerable.Range(1, expected.Length).Where(point => expected[point - 1] == FenceStatus.Faulted),
            point => Assert.Same(s_error, _timeline.GetFence((ulong)point).Error));
    }
}
