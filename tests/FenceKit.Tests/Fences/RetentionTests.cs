// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>
/// Pools, per-thread slots and the node that a timeline keeps outlive a wait. Nothing of the wait lives on with them: not the timeline, not the
/// continuation, not the fault, not the token.
/// </summary>
public class RetentionTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5);

    public enum Wait
    {
        Await,
        AwaitInline,
        AwaitWithToken,
        AwaitWithLimit,
        AwaitAny,
        AwaitAll,
        AwaitAnyWithLimit,
        AwaitAnyWithToken,
        Block,
        BlockForAny,
        WaitSet,
        Array,
    }

    public static TheoryData<Wait, bool> Waits
    {
        get
        {
            TheoryData<Wait, bool> data = [];
            foreach (Wait wait in Enum.GetValues<Wait>())
            {
                data.Add(wait, false);
                data.Add(wait, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Waits))]
    public void Nothing_of_a_wait_lives_on_when_it_is_over(Wait wait, bool faults)
    {
        WeakReference[] used = Use(wait, faults);
        AssertCollected(used);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_node_that_a_timeline_keeps_refers_to_nothing_of_those_who_awaited_it(bool withToken)
    {
        FenceTimeline timeline = new("device");
        AssertCollected(AwaitThreeTimes(timeline, withToken));
        GC.KeepAlive(timeline);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_timeline_refers_to_no_callback_that_does_not_wait(int rounds)
    {
        FenceTimeline timeline = new("device");
        AssertCollected(AddAndSignal(timeline, rounds));
        GC.KeepAlive(timeline);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_timeline_refers_to_no_callback_that_was_removed(int rounds)
    {
        FenceTimeline timeline = new("device");
        AssertCollected(AddAndRemove(timeline, rounds));
        GC.KeepAlive(timeline);
    }

    [Fact]
    public void A_wait_set_that_is_kept_refers_to_no_timeline_that_it_does_not_wait_for()
    {
        using FenceWaitSet set = new(3);
        AssertCollected(WaitBySlots(set));
    }

    [Fact]
    public void A_completion_queue_that_is_kept_refers_to_no_timeline_that_it_does_not_watch()
    {
        using FenceCompletionQueue queue = new(2);
        AssertCollected(WatchAndRead(queue));
    }

    [Fact]
    public async Task A_device_queue_refers_to_no_timeline_that_none_of_its_commands_depends_on()
    {
        DeviceQueue<int> queue = new("queue", new AtOnceDriver(), new DeviceQueueOptions { Dispatch = DeviceDispatch.Inline });
        AssertCollected(Depend(queue));
        await queue.DisposeAsync();
    }

    [Fact]
    public void A_callback_refers_to_none_of_those_that_it_stood_beside()
    {
        RecordingCallback kept = new();
        FenceTimeline timeline = new("device");
        AssertCollected(AddBeside(timeline, kept));
        GC.KeepAlive(timeline);
        GC.KeepAlive(kept);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Use(Wait wait, bool faults)
    {
        FenceTimeline timeline = new("dropped");
        FenceTimeline other = new("dropped too");
        InvalidOperationException error = new("broken");
        CancellationTokenSource source = new();
        byte[] local = new byte[8];
        for (int round = 0; round < 3; round++)
        {
            Fence fence = timeline.Issue();
            Task task = WaitAsync(wait, fence, other.Issue(), source.Token, local);
            if (faults)
            {
                timeline.Signal(fence, error);
                other.Signal(other.Issued, error);
            }
            else
            {
                timeline.Signal(fence);
                other.Signal(other.Issued);
            }

            Limit.On(task);
        }

        return [new(timeline), new(other), new(error), new(source), new(local)];
    }

#pragma warning disable CA1068 // The local is what must not stay: it comes last, as in the state machine.
    private static async Task WaitAsync(Wait wait, Fence fence, Fence other, CancellationToken token, byte[] local)
#pragma warning restore CA1068
    {
        Fence[] both = [fence, other];
        try
        {
            await (wait switch
            {
                Wait.Await => Awaiting(async () => await fence),
                Wait.AwaitInline => Awaiting(async () => await fence.ConfigureAwait(FenceContinuation.Inline)),
                Wait.AwaitWithToken => Awaiting(async () => await fence.WaitAsync(Timeout.InfiniteTimeSpan, token)),
                Wait.AwaitWithLimit => Awaiting(async () => await fence.WaitAsync(s_long, token)),
                Wait.AwaitAny => Awaiting(async () => await Fence.WaitAnyAsync(both)),
                Wait.AwaitAll => Awaiting(async () => await Fence.WaitAllAsync(both)),
                Wait.AwaitAnyWithLimit => Awaiting(async () => await Fence.WaitAnyAsync(both, s_long)),
                Wait.AwaitAnyWithToken => Awaiting(async () => await Fence.WaitAnyAsync(both, Timeout.InfiniteTimeSpan, token)),
                Wait.Block => Elsewhere(() => fence.Wait(s_long, token)),
                Wait.BlockForAny => Elsewhere(() => Fence.WaitAny(both, s_long, token)),
                Wait.WaitSet => Elsewhere(() => WaitBySet(fence, other)),
                _ => Elsewhere(() => WaitByArray(both)),
            });
        }
        catch (InvalidOperationException)
        {
        }

        local[0]++;
    }

    private static async Task Awaiting(Func<Task> body) => await body();

    private static Task Elsewhere(Action body) => Task.Factory.StartNew(
        body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void WaitBySet(Fence fence, Fence other)
    {
        using FenceWaitSet set = new(2);
        set.Set(0, fence);
        set.Set(1, other);
        set.WaitAll(s_long);
    }

    private static void WaitByArray(Fence[] both)
    {
        FenceArray array = new("dropped array", both.Length);
        Assert.True(array.TryArmAll(both, out Fence whole));
        whole.Wait(s_long);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] AwaitThreeTimes(FenceTimeline timeline, bool withToken)
    {
        CancellationTokenSource source = new();
        InvalidOperationException error = new("broken");
        byte[] local = new byte[8];
        for (int round = 0; round < 4; round++)
        {
            Fence fence = timeline.Issue();
            Task task = WaitAsync(withToken ? Wait.AwaitWithToken : Wait.AwaitInline, fence, default, source.Token, local);
            timeline.Signal(fence);
            Limit.On(task);
        }

        return [new(source), new(error), new(local)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] AddAndSignal(FenceTimeline timeline, int rounds)
    {
        RecordingCallback callback = new();
        for (int round = 0; round < rounds; round++)
        {
            Fence fence = timeline.Issue();
            Assert.True(fence.TryAddCallback(callback));
            timeline.Signal(fence);
        }

        return [new(callback)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] AddAndRemove(FenceTimeline timeline, int rounds)
    {
        RecordingCallback callback = new();
        for (int round = 0; round < rounds; round++)
        {
            Fence fence = timeline.Issue();
            Assert.True(fence.TryAddCallback(callback));
            Assert.Equal(FenceCallbackRemoval.Removed, fence.TryRemoveCallback(callback));
        }

        return [new(callback)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] AddBeside(FenceTimeline timeline, RecordingCallback kept)
    {
        RecordingCallback before = new();
        RecordingCallback behind = new();
        Fence fence = timeline.Issue();
        fence.TryAddCallback(before);
        fence.TryAddCallback(kept);
        fence.TryAddCallback(behind);
        timeline.Signal(fence);
        return [new(before), new(behind)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] WaitBySlots(FenceWaitSet set)
    {
        FenceTimeline taken = new("taken");
        FenceTimeline cleared = new("cleared");
        FenceTimeline pending = new("cleared while pending");
        set.Set(0, taken.Issue());
        set.Set(1, cleared.Issue());
        set.Set(2, pending.Issue());
        taken.Signal(1);
        Assert.Equal(0, set.WaitAny(Limit.Time).Index);
        cleared.Signal(1);
        Assert.True(set.Clear(1));
        Assert.True(set.Clear(2));
        return [new(taken), new(cleared), new(pending)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] WatchAndRead(FenceCompletionQueue queue)
    {
        FenceTimeline timeline = new("read");
        InvalidOperationException error = new("broken");
        Assert.True(queue.TryWatch(timeline.Issue()));
        timeline.Signal(1, error);
        Assert.True(queue.Reader.TryRead(out FenceCompletion completion));
        Assert.Equal(FenceStatus.Faulted, completion.Status);
        return [new(timeline), new(error)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Depend(DeviceQueue<int> queue)
    {
        FenceTimeline timeline = new("dependency");
        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(0, [timeline.Issue()], out Fence fence));
        timeline.Signal(1);
        Assert.Equal(FenceStatus.Signaled, fence.Wait(Limit.Time));
        return [new(timeline)];
    }

    private sealed class AtOnceDriver : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (ref readonly DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }
    }

    private static void AssertCollected(WeakReference[] used)
    {
        // A thread of the pool, or a timer, may have the last of it on its stack for a moment.
        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                GC.Collect();
                return Array.TrueForAll(used, thing => !thing.IsAlive);
            },
            "What was used for the waits");
    }
}
