// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Wrong arguments: a precise exception that names the argument, and nothing half done.</summary>
public sealed class BadInputTests : IDisposable
{
    private static readonly InvalidOperationException s_error = new();

    private readonly FenceTimeline _timeline = new("device");
    private readonly FenceTimeline _other = new("other");
    private readonly Fence _fence;

    public BadInputTests() => _fence = _timeline.Issue();

    public void Dispose()
    {
        // Whatever was refused has changed nothing.
        Assert.Equal((1UL, 0UL), (_timeline.Issued, _timeline.Completed));
        Assert.Equal(FenceStatus.Pending, _fence.Status);
        TimelineProbe.AssertQuiet(_timeline);
        Assert.Equal((0UL, 0UL), (_other.Issued, _other.Completed));
    }

    [Fact]
    public void A_timeline_wants_a_name_and_options_in_range()
    {
        Throws<ArgumentNullException>("name", () => new FenceTimeline(null!));
        Throws<ArgumentException>("name", () => new FenceTimeline(""));
        Throws<ArgumentOutOfRangeException>("RetainedFaults", () => new FenceTimeline("x", new FenceTimelineOptions { RetainedFaults = 0 }));
        Throws<ArgumentOutOfRangeException>(
            "RetainedFaults", () => new FenceTimeline("x", new FenceTimelineOptions { RetainedFaults = FenceTimelineOptions.MaxRetainedFaults + 1 }));
        Throws<ArgumentNullException>("TimeProvider", () => new FenceTimeline("x", new FenceTimelineOptions { TimeProvider = null! }));
    }

    [Fact]
    public void A_pool_wants_a_name_a_capacity_and_options_in_range()
    {
        Throws<ArgumentNullException>("name", () => new FencePool(null!, 1));
        Throws<ArgumentException>("name", () => new FencePool("", 1));
        Throws<ArgumentOutOfRangeException>("capacity", () => new FencePool("x", 0));
        Throws<ArgumentOutOfRangeException>("capacity", () => new FencePool("x", -1));
        Throws<ArgumentOutOfRangeException>("capacity", () => new FencePool("x", FencePool.MaxCapacity + 1));
        Throws<ArgumentNullException>("TimeProvider", () => new FencePool("x", 1, new FenceTimelineOptions { TimeProvider = null! }));
    }

    [Fact]
    public void A_point_that_was_never_issued_can_neither_be_signaled_nor_looked_up()
    {
        Throws<ArgumentOutOfRangeException>("point", () => _timeline.GetFence(2));
        Throws<ArgumentOutOfRangeException>("point", () => _timeline.Signal(2));
        Throws<ArgumentOutOfRangeException>("point", () => _timeline.Signal(ulong.MaxValue));
        ArgumentException error = Throws<ArgumentOutOfRangeException>("point", () => _timeline.Signal(2, s_error));
        Assert.Contains("'device' has issued points up to 1 only", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_of_zero_or_of_more_than_there_are_points_is_refused()
    {
        Throws<ArgumentOutOfRangeException>("count", () => _timeline.Issue(0));
        Throws<ArgumentOutOfRangeException>("count", () => _timeline.Issue(ulong.MaxValue));
        Throws<ArgumentOutOfRangeException>("count", () => _timeline.Issue(ulong.MaxValue >> 2));
    }

    [Fact]
    public void A_fence_of_another_timeline_cannot_be_signaled_here()
    {
        ArgumentException error = Throws<ArgumentException>("fence", () => _other.Signal(_fence));
        Assert.Contains("device:1", error.Message, StringComparison.Ordinal);
        Assert.Contains("'other'", error.Message, StringComparison.Ordinal);
        Throws<ArgumentException>("fence", () => _other.Signal(_fence, s_error));
        Throws<ArgumentException>("fence", () => _timeline.Signal(default(Fence)));
    }

    [Fact]
    public void Errors_must_not_be_null()
    {
        Throws<ArgumentNullException>("error", () => _timeline.Signal(1, null!));
        Throws<ArgumentNullException>("error", () => _timeline.Signal(_fence, null!));
        Throws<ArgumentNullException>("error", () => _timeline.Poison(null!));
        using FencePool pool = new("pool", 1);
        pool.TryRent(out FenceSource source);
        Throws<ArgumentNullException>("error", () => source.TrySignal(null!));
        Throws<ArgumentNullException>("error", () => default(FenceSource).TrySignal(null!));
        Assert.False(source.Fence.IsSignaled);
        Assert.Equal(0, pool.Available);
    }

    [Fact]
    public void Callbacks_and_timelines_must_not_be_null()
    {
        Throws<ArgumentNullException>("callback", () => _fence.TryAddCallback(null!));
        Throws<ArgumentNullException>("callback", () => _fence.TryRemoveCallback(null!));
        Throws<ArgumentNullException>("callback", () => default(Fence).TryAddCallback(null!));
        Throws<ArgumentNullException>("callback", () => default(Fence).TryRemoveCallback(null!));
        Throws<ArgumentNullException>("timeline", () => _fence.IsFrom(null!));
    }

    public static TheoryData<TimeSpan> NegativeTimeouts =>
        [TimeSpan.FromTicks(-1), TimeSpan.FromMilliseconds(-2), TimeSpan.FromSeconds(-1), TimeSpan.MinValue];

    [Theory]
    [MemberData(nameof(NegativeTimeouts))]
    public void A_negative_timeout_is_refused_also_when_the_fence_is_complete(TimeSpan timeout)
    {
        Throws<ArgumentOutOfRangeException>("timeout", () => _fence.Wait(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => _fence.WaitAsync(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => default(Fence).Wait(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => default(Fence).WaitAsync(timeout));
    }

    public static TheoryData<TimeSpan> TimeoutsBeyondTimers => [TimeSpan.FromDays(50), TimeSpan.FromDays(100_000), TimeSpan.MaxValue];

    [Theory]
    [MemberData(nameof(TimeoutsBeyondTimers))]
    [MemberData(nameof(NegativeTimeouts))]
    public void Every_timeout_follows_one_rule_with_and_without_a_thread(TimeSpan timeout)
    {
        using FenceWaitSet set = new(1);
        FenceReservation reservation = new(new WoundWaitLock(new WoundWaitClass("rules")));
        WoundWaitLockSet locks = new(new WoundWaitClass("rules"));
        WoundWaitClass rules = new("rules");
        using WoundWaitContext context = new(rules);
        WoundWaitLock member = new(rules);
        WoundWaitLock alone = new(rules);
        Throws<ArgumentOutOfRangeException>("timeout", () => _fence.Wait(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => _fence.WaitAsync(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => Fence.WaitAny([_fence], timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => Fence.WaitAll([_fence], timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => Fence.WaitAnyAsync([_fence], timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => Fence.WaitAllAsync([_fence], timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => set.WaitAny(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => set.WaitAnyAsync(timeout).AsTask());
        Throws<ArgumentOutOfRangeException>("timeout", () => set.WaitAll(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => reservation.Wait(FenceUsage.Read, timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => reservation.WaitAsync(FenceUsage.Read, timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => alone.Lock(timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => alone.LockAsync(timeout).AsTask());
        Throws<ArgumentOutOfRangeException>("timeout", () => member.Lock(context, timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => member.LockAsync(context, timeout).AsTask());
        Throws<ArgumentOutOfRangeException>("timeout", () => locks.Lock([member], timeout));
        Throws<ArgumentOutOfRangeException>("timeout", () => locks.LockAsync(new[] { member }, timeout).AsTask());
        Throws<ArgumentOutOfRangeException>("limit", () => WaitForGraph.Watch(timeout));
        Throws<ArgumentOutOfRangeException>("Watchdog", () => new FenceTimeline("x", new FenceTimelineOptions { Watchdog = timeout }));
    }

    [Fact]
    public void The_longest_timeout_is_accepted_everywhere()
    {
        TimeSpan longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
        Assert.Equal(FenceStatus.Signaled, default(Fence).Wait(longest));
        _ = _fence.WaitAsync(longest);
        WaitForGraph.Watch(longest).Dispose();
        new FenceTimeline("x", new FenceTimelineOptions { Watchdog = longest }).Dispose();
    }

    [Fact]
    public void A_capacity_beyond_the_limit_is_refused_by_name_and_not_by_a_lack_of_memory()
    {
        Assert.Equal((FencePool.MaxCapacity, FencePool.MaxCapacity), (FenceArray.MaxCapacity, FenceWaitSet.MaxCapacity));
        foreach (int capacity in new[] { int.MaxValue, FencePool.MaxCapacity + 1, 0, -1, int.MinValue })
        {
            Throws<ArgumentOutOfRangeException>("capacity", () => new FenceArray("x", capacity));
            Throws<ArgumentOutOfRangeException>("capacity", () => new FenceWaitSet(capacity));
            Throws<ArgumentOutOfRangeException>("capacity", () => new FencePool("x", capacity));
        }
    }

    [Fact]
    public void A_place_for_continuations_that_does_not_exist_is_refused()
    {
        Throws<ArgumentOutOfRangeException>("continuation", () => _fence.ConfigureAwait((FenceContinuation)3));
        Throws<ArgumentOutOfRangeException>("continuation", () => _fence.ConfigureAwait((FenceContinuation)(-1)));
        Throws<ArgumentOutOfRangeException>(
            "continuation", () => _fence.WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait((FenceContinuation)3));
    }

    private static T Throws<T>(string argument, Func<object?> action)
        where T : ArgumentException
    {
        T exception = Assert.Throws<T>(() => { action(); });
        Assert.Equal(argument, exception.ParamName);
        return exception;
    }
}
