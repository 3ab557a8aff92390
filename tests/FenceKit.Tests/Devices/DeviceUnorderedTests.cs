// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>A queue whose commands start and end in any order: nothing that waits, or takes long, holds up anything else.</summary>
public class DeviceUnorderedTests
{
    private readonly HandDriver _driver = new() { RangeOf = PageOf };
    private readonly InvalidationNotifier _notifier = new("memory");
    private readonly FenceTimeline _other = new("other");
    private readonly ManualTimeProvider _clock = new();

    private static AddressRange PageOf(int page) => AddressRange.FromLength((ulong)page * 4096, 4096);

    private DeviceQueue<int> Make(int depth = 64, int capacity = 256, int drains = 64, HandDriver? driver = null)
    {
        DeviceQueue<int> queue = new("queue", driver ?? _driver, new DeviceQueueOptions
        {
            Dispatch = DeviceDispatch.Inline,
            IsUnordered = true,
            Depth = depth,
            Capacity = capacity,
            MaxUnmaps = drains,
            TimeProvider = _clock,
        });
        queue.Attach(_notifier, AddressRange.All);
        return queue;
    }

    private InvalidationSession Schedule(int page)
    {
        Assert.True(_notifier.TrySchedule(PageOf(page), InvalidationReason.Unmap, out InvalidationSession session));
        return session;
    }

    [Fact]
    public void A_fence_signals_as_soon_as_its_command_is_reported()
    {
        DeviceQueue<int> queue = Make();
        Fence[] fences = DeviceQueueTests.Submit(queue, 3);
        NotSupportedException error = new("broken");

        Assert.True(_driver.Started[2].Complete());
        Assert.Equal([false, false, true], fences.Select(fence => fence.IsSignaled));
        Assert.True(_driver.Started[0].Fail(error));
        Assert.Same(error, fences[0].Error);
        Assert.False(fences[1].IsSignaled);
        Assert.False(_driver.Started[2].Complete(), "It is over.");
        Assert.True(_driver.Started[1].Complete());

        Assert.Equal(fences, _driver.Started.Select(command => command.Fence));
        Assert.Equal(new DeviceQueueStatistics(3, 3, 1, 0, 0, 1, 0, 0), queue.GetStatistics());
    }

    [Fact]
    public void A_command_that_waits_for_a_dependency_holds_up_no_other()
    {
        DeviceQueue<int> queue = Make();
        Fence gate = _other.Issue();
        queue.TrySubmit(1, [gate], out Fence waiting);
        queue.TrySubmit(2, out Fence behind);

        Assert.Single(_driver.Started).Complete();
        Assert.True(behind.IsSignaled);
        Assert.False(waiting.IsSignaled);

        _other.Signal(gate);
        _driver.Started[1].Complete();
        Assert.Equal(FenceStatus.Signaled, waiting.Status);
    }

    [Fact]
    public void Commands_that_depend_on_each_other_come_one_after_the_other()
    {
        DeviceQueue<int> queue = Make();
        queue.TrySubmit(1, out Fence first);
        queue.TrySubmit(2, [first], out Fence second);
        queue.TrySubmit(3, [second], out Fence third);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(i + 1, _driver.Started.Count);
            _driver.Started[i].Complete();
        }

        Assert.Equal([1, 2, 3], _driver.Started.Select(command => command.Payload));
        Assert.True(third.IsSignaled);
    }

    [Fact]
    public void A_command_whose_memory_goes_away_waits_and_holds_up_no_other()
    {
        DeviceQueue<int> queue = Make();
        InvalidationSession session = Schedule(1);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        queue.TrySubmit(1, out Fence held);
        queue.TrySubmit(2, out Fence free);

        Assert.Equal(2, Assert.Single(_driver.Started).Payload);
        _driver.Started[0].Complete();
        Assert.True(free.IsSignaled);
        session.Commit();

        Assert.Equal([2, 1], _driver.Started.Select(command => command.Payload));
        _driver.Started[1].Complete();
        Assert.Equal(FenceStatus.Signaled, held.Status);
    }

    [Fact]
    public void A_session_waits_for_all_commands_that_use_its_range_and_not_for_older_ones_of_another()
    {
        DeviceQueue<int> queue = Make();
        queue.TrySubmit(7, out Fence older);
        queue.TrySubmit(1, out _);
        queue.TrySubmit(1, out _);
        queue.TrySubmit(8, out _);
        InvalidationSession session = Schedule(1);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());

        _driver.Started[2].Complete();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        _driver.Started[1].Complete();

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.False(older.IsSignaled);
        session.Commit();
    }

    [Fact]
    public void A_command_that_starts_after_a_back_off_does_not_count_for_the_schedule_before()
    {
        DeviceQueue<int> queue = Make(drains: 1);
        queue.TrySubmit(1, out _);
        Schedule(1).BackOff();
        queue.TrySubmit(1, out Fence second);
        _driver.Started[1].Complete();
        Assert.True(second.IsSignaled);
        Assert.False(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out _), "The only drain waits for the first command.");

        _driver.Started[0].Complete();

        InvalidationSession session = Schedule(1);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
    }

    [Fact]
    public void A_schedule_beyond_the_number_of_drains_would_block_and_leaves_nothing_behind()
    {
        DeviceQueue<int> queue = Make(drains: 1);
        DeviceQueueTests.Submit(queue, 2);
        InvalidationSession first = Schedule(0);

        Assert.False(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out _));

        _driver.Started[0].Complete();
        Assert.Equal(InvalidationOutcome.Completed, first.TryWait());
        first.Commit();
        Schedule(1).BackOff();
    }

    [Fact]
    public void What_the_driver_keeps_is_dropped_when_the_last_user_of_the_range_is_over()
    {
        HandDriver keeping = new() { RangeOf = PageOf, Keeps = true };
        DeviceQueue<int> queue = Make(driver: keeping);
        queue.TrySubmit(7, out _);
        queue.TrySubmit(1, out _);
        InvalidationSession busy = Schedule(1);
        InvalidationSession idle = Schedule(2);
        Assert.True(idle.Wait(Limit.Time) == InvalidationOutcome.Completed);
        Assert.Equal([PageOf(2)], keeping.Unmapped);
        idle.Commit();

        keeping.Started[1].Complete();

        Assert.Equal(InvalidationOutcome.Completed, busy.Wait(Limit.Time));
        Assert.Equal([PageOf(2), PageOf(1)], keeping.Unmapped);
        busy.Commit();
    }

    [Fact]
    public void A_command_that_never_ends_takes_no_room_from_the_others()
    {
        DeviceQueue<int> queue = Make(depth: 2, capacity: 2);
        queue.TrySubmit(7, out Fence stuck);
        for (int i = 1; i <= 10_000; i++)
        {
            Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(1, out Fence fence));
            Assert.True(_driver.Started[^1].Complete());
            Assert.Equal(FenceStatus.Signaled, fence.Status);
            _driver.Forget();
        }

        Assert.False(stuck.IsSignaled);
    }

    [Fact]
    public async Task Room_is_counted_and_waited_for()
    {
        DeviceQueue<int> queue = Make(depth: 1, capacity: 1);
        queue.TrySubmit(1, out _);
        queue.TrySubmit(2, out _);
        Assert.Equal(DeviceSubmitStatus.Full, queue.TrySubmit(3, out _));
        Task<Fence> waits = queue.SubmitAsync(3).AsTask();
        using CancellationTokenSource impatience = new();
        Task<Fence> canceled = queue.SubmitAsync(4, default, impatience.Token).AsTask();
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(canceled));
        Assert.False(waits.IsCompleted);

        _driver.Started[0].Complete();

        await Limit.OnAsync(waits);
        Assert.Equal(DeviceSubmitStatus.Full, queue.TrySubmit(5, out _));
    }

    [Fact]
    public async Task Draining_waits_for_all_that_was_submitted_before()
    {
        DeviceQueue<int> queue = Make();
        DeviceQueueTests.Submit(queue, 3);
        Task<bool> drained = queue.DrainAsync(Timeout.InfiniteTimeSpan).AsTask();
        DeviceQueueTests.Submit(queue, 1);
        _driver.Started[2].Complete();
        _driver.Started[0].Complete();
        Assert.False(drained.IsCompleted);

        _driver.Started[1].Complete();

        Assert.True(await Limit.OnAsync(drained));
        Assert.Equal(1, queue.GetStatistics().Running);
    }

    [Fact]
    public void Commands_are_canceled_one_by_one()
    {
        DeviceQueue<int> queue = Make(depth: 1);
        Fence gate = _other.Issue();
        queue.TrySubmit(1, out Fence running);
        queue.TrySubmit(2, [gate], out Fence waiting);

        Assert.Equal(DeviceCancelResult.Requested, queue.TryCancel(running));
        Assert.Equal(_driver.Started[0].Point, Assert.Single(_driver.Canceled));
        Assert.Equal(DeviceCancelResult.Canceled, queue.TryCancel(waiting));
        Assert.False(_other.IsWaitedFor());
        _driver.Started[0].Cancel();

        Assert.All([running, waiting], fence => Assert.IsType<OperationCanceledException>(fence.Error, exactMatch: false));
        Assert.Equal(DeviceCancelResult.TooLate, queue.TryCancel(running));
        Assert.Throws<ArgumentException>(() => queue.TryCancel(gate));
        Assert.Throws<ArgumentException>(() => queue.TryCancel(default));
        DeviceQueue<int> another = Make();
        Assert.Throws<ArgumentException>(() => another.TryCancel(running));
    }

    [Fact]
    public void A_command_that_is_canceled_while_its_memory_goes_away_ends_and_leaves_nothing_behind()
    {
        DeviceQueue<int> queue = Make();
        InvalidationSession session = Schedule(1);
        queue.TrySubmit(1, out Fence held);

        Assert.Equal(DeviceCancelResult.Canceled, queue.TryCancel(held));
        Assert.IsType<OperationCanceledException>(held.Error, exactMatch: false);
        session.BackOff();

        Assert.Empty(_driver.Started);
        Assert.Equal(0, queue.GetStatistics().Queued);
    }

    [Fact]
    public void A_reset_ends_what_runs_and_a_loss_ends_everything()
    {
        _driver.WhenReset = () => { };
        DeviceQueue<int> queue = Make(depth: 2);
        Fence[] fences = DeviceQueueTests.Submit(queue, 3);
        Assert.True(queue.TryReset());
        Assert.All(fences[..2], fence => Assert.IsType<DeviceResetException>(fence.Error));
        Assert.False(fences[2].IsSignaled);

        queue.TrySubmit(1, [_other.Issue()], out Fence waiting);
        queue.Lose(new IOException("unplugged"));

        Assert.All([fences[2], waiting], fence => Assert.IsType<DeviceLostException>(fence.Error));
        Assert.False(_other.IsWaitedFor());
        Assert.Equal(DeviceSubmitStatus.Lost, queue.TrySubmit(1, out _));
    }

    [Fact]
    public async Task Disposing_lets_finish_also_what_waits_for_others()
    {
        DeviceQueue<int> queue = Make();
        Fence gate = _other.Issue();
        queue.TrySubmit(1, [gate], out Fence fence);
        Task disposed = queue.DisposeAsync().AsTask();
        _other.Signal(gate);
        Assert.Single(_driver.Started).Complete();

        await Limit.OnAsync(disposed);
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Equal(1, _driver.Closes);
    }

    [Fact]
    public void Every_command_that_is_late_is_asked_about()
    {
        _driver.Hangs = static _ => false;
        DeviceQueue<int> queue = Make();
        DeviceQueueTests.Submit(queue, 3);
        _driver.Started[1].Complete();

        _clock.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal([0, 2], _driver.Asked.Order());
    }
}
