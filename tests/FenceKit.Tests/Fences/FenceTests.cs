// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>The fence as a value, and the plain life of a timeline.</summary>
public class FenceTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact] // Kernel scenario 1, sanity.
    public void An_issued_fence_is_pending_until_it_is_signaled_and_then_for_ever_signaled()
    {
        Fence fence = _timeline.Issue();

        Assert.False(fence.IsSignaled);
        Assert.True(_timeline.Signal(fence));
        _timeline.Dispose();
        Assert.True(fence.IsSignaled);
        Assert.Equal(FenceStatus.Signaled, fence.Status);
    }

    [Fact] // Kernel scenario 2, signaling.
    public void A_second_signal_reports_that_the_fence_was_signaled_already()
    {
        Fence fence = _timeline.Issue();

        Assert.True(_timeline.Signal(fence));
        Assert.True(fence.IsSignaled);
        Assert.False(_timeline.Signal(fence));
        Assert.False(_timeline.Signal(fence.Point));
        Assert.False(_timeline.Signal(fence, new InvalidOperationException("late")));
        Assert.Equal(FenceStatus.Signaled, fence.Status);
    }

    [Fact] // Kernel scenario 7, status.
    public void The_status_goes_from_pending_to_signaled()
    {
        Fence fence = _timeline.Issue();

        Assert.Equal(FenceStatus.Pending, fence.Status);
        Assert.Null(fence.Error);
        _timeline.Signal(fence);
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Null(fence.Error);
    }

    [Fact] // Kernel scenario 8, error: given with the signal, never before it.
    public void An_error_arrives_in_the_same_step_as_the_signal()
    {
        Fence fence = _timeline.Issue();
        InvalidOperationException error = new("I/O");

        Assert.Equal(FenceStatus.Pending, fence.Status);
        Assert.True(_timeline.Signal(fence, error));
        Assert.Equal(FenceStatus.Faulted, fence.GetStatus(out Exception? seen));
        Assert.Same(error, seen);
        Assert.Same(error, fence.Error);
    }

    [Fact] // Kernel scenario 11, stub.
    public void Sixty_four_stubs_are_all_signaled()
    {
        Fence[] stubs = new Fence[64];

        Assert.All(stubs, stub =>
        {
            Assert.True(stub.IsSignaled);
            Assert.Equal(FenceStatus.Signaled, stub.Status);
            Assert.Equal(Fence.AlreadySignaled, stub);
            Assert.Equal(FenceStatus.Signaled, stub.Wait());
            Assert.Equal(0UL, stub.Point);
            Assert.Equal("", stub.TimelineName);
        });
    }

    [Fact]
    public void A_fence_takes_sixteen_bytes() => Assert.Equal(16, Unsafe.SizeOf<Fence>());

    [Fact]
    public void Points_count_from_one_and_signaling_one_completes_all_before_it()
    {
        Fence first = _timeline.Issue();
        Fence third = _timeline.Issue(2);
        Fence fourth = _timeline.Issue();

        Assert.Equal((1UL, 3UL, 4UL), (first.Point, third.Point, fourth.Point));
        Assert.Equal(4UL, _timeline.Issued);
        Assert.True(_timeline.GetFence(0).IsSignaled);

        Assert.True(_timeline.Signal(3));
        Assert.True(first.IsSignaled && _timeline.GetFence(2).IsSignaled && third.IsSignaled);
        Assert.False(fourth.IsSignaled);
        Assert.Equal(3UL, _timeline.Completed);
        Assert.False(_timeline.Signal(first));
        Assert.Equal(3UL, _timeline.Completed);
    }

    [Fact]
    public void Fences_of_one_timeline_are_ordered_and_others_are_not()
    {
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        using FenceTimeline other = new("other");

        Assert.True(second.IsLaterThan(first));
        Assert.False(first.IsLaterThan(second));
        Assert.False(first.IsLaterThan(first));
        Assert.False(default(Fence).IsLaterThan(default));
        ArgumentException unrelated = Assert.Throws<ArgumentException>(() => first.IsLaterThan(other.Issue()));
        Assert.Equal("other", unrelated.ParamName);
        Assert.Throws<ArgumentException>(() => first.IsLaterThan(default));
    }

    [Fact]
    public void Two_fences_are_equal_when_they_are_the_same_point_of_the_same_timeline()
    {
        Fence fence = _timeline.Issue();
        using FenceTimeline other = new("device");
        Fence twin = other.Issue();

        Assert.True(fence == _timeline.GetFence(1));
        Assert.Equal(fence.GetHashCode(), _timeline.GetFence(1).GetHashCode());
        Assert.True(fence.Equals((object)_timeline.GetFence(1)));
        Assert.True(fence != twin);
        Assert.True(fence != _timeline.Issue());
        Assert.False(fence.Equals("device:1"));
        Assert.True(fence.IsFrom(_timeline));
        Assert.False(fence.IsFrom(other));
        Assert.False(default(Fence).IsFrom(other));
    }

    [Fact]
    public void Point_zero_stays_signaled_whatever_happens_to_the_timeline()
    {
        _timeline.Signal(_timeline.Issue(), new InvalidOperationException());
        _timeline.Poison(new InvalidOperationException());

        Assert.Equal(FenceStatus.Signaled, _timeline.GetFence(0).Status);
    }

    [Fact]
    public void Texts_name_the_timeline_and_the_point()
    {
        Assert.Equal("device:1", _timeline.Issue().ToString());
        Assert.Equal("signaled", default(Fence).ToString());
        Assert.Equal("device", _timeline.GetFence(1).TimelineName);
    }
}
