// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Tests.Interop;

namespace FenceKit.Tests.Fences;

/// <summary>
/// A callback that signals the next fence, whose callback signals the next, and so on: what rule 2 of the contract advises. It ends the process
/// if each link needs stack, so all of these run on a small one.
/// </summary>
public class SignalChainTests
{
    private const int Million = 1_000_000;

    [Fact]
    public void A_million_callbacks_that_each_signal_the_next_fence_run_in_order_on_the_signalers_thread()
    {
        FenceTimeline[] timelines = NewTimelines(count: 64);

        Chain.Run(Million, timelines.Length, (slot, _) => timelines[slot].Issue(), (slot, fence) => timelines[slot].Signal(fence));
    }

    [Fact]
    public void A_million_callbacks_run_when_the_chain_begins_with_almost_no_stack_left()
    {
        FenceTimeline[] timelines = NewTimelines(count: 2);

        Chain.Run(
            Million,
            timelines.Length,
            (slot, _) => timelines[slot].Issue(),
            (slot, fence) => timelines[slot].Signal(fence),
            begin => UseUpStack(begin));
    }

    /// <summary>Whether there is room is a matter of this stack and of this moment, and not of what a thread, or another one, has found before.</summary>
    [Fact]
    public void A_chain_runs_to_its_end_wherever_its_thread_or_another_one_has_signaled_before()
    {
        TestThread.RunOnSmallStack(() =>
        {
            RunChain();
            UseUpStack(RunChain);
            TestThread.RunOnSmallStack(() =>
            {
                UseUpStack(RunChain);
                RunChain();
            });
            RunChain();
            UseUpStack(RunChain);
        });

        static void RunChain()
        {
            FenceTimeline[] timelines = NewTimelines(count: 64);
            Chain.RunHere(100_000, timelines.Length, (slot, _) => timelines[slot].Issue(), (slot, fence) => timelines[slot].Signal(fence));
        }
    }

    [Fact]
    public void A_chain_of_faults_runs_to_its_end()
    {
        InvalidOperationException error = new("broken");
        FenceTimeline[] timelines = NewTimelines(count: 64);

        Chain.Run(Million, timelines.Length, (slot, _) => timelines[slot].Issue(), (slot, fence) => timelines[slot].Signal(fence, error));
    }

    [Fact]
    public void A_chain_of_callbacks_that_each_dispose_the_next_timeline_runs_to_its_end()
    {
        FenceTimeline[] timelines = NewTimelines(count: 20_000);

        Chain.Run(timelines.Length, timelines.Length, (slot, _) => timelines[slot].Issue(), (slot, _) => timelines[slot].Dispose());
    }

    [Fact]
    public void A_chain_through_the_slots_of_a_pool_runs_to_its_end_and_gives_all_of_them_back()
    {
        using FencePool pool = new("pool", 4096);
        FenceSource[] sources = new FenceSource[pool.Capacity];

        Chain.Run(
            Million,
            sources.Length,
            (slot, _) =>
            {
                Assert.True(pool.TryRent(out sources[slot]));
                return sources[slot].Fence;
            },
            (slot, _) => sources[slot].TrySignal());

        Assert.Equal(pool.Capacity, pool.Available);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_chain_through_arrays_runs_to_its_end(bool isAny)
    {
        FenceTimeline[] timelines = NewTimelines(count: 4096);
        FenceArray[] arrays = [.. timelines.Select((_, i) => new FenceArray($"array {i}", capacity: 1))];

        Chain.Run(
            200_000,
            arrays.Length,
            (slot, _) =>
            {
                Fence[] member = [timelines[slot].Issue()];
                Assert.True(isAny ? arrays[slot].TryArmAny(member, out Fence fence) : arrays[slot].TryArmAll(member, out fence));
                return fence;
            },
            (slot, _) => timelines[slot].Signal(timelines[slot].Issued));
    }

    [Fact]
    public void A_chain_through_drivers_that_are_polled_runs_to_its_end()
    {
        FenceTimeline[] timelines =
        [
            .. Enumerable.Range(0, 64).Select(i => new FenceTimeline($"polled {i}", new FenceTimelineOptions { Poll = () => ulong.MaxValue })),
        ];

        Chain.Run(Million, timelines.Length, (slot, _) => timelines[slot].Issue(), (_, fence) => fence.TryPoll());
    }

    [Fact]
    public void A_chain_through_shared_timelines_runs_to_its_end()
    {
        if (LinuxOnly.IsRefused(() => SharedFenceTimeline.Create("refused")))
        {
            return;
        }

        SharedFenceTimeline[] timelines = [.. Enumerable.Range(0, 8).Select(i => SharedFenceTimeline.Create($"shared {i}"))];

        Chain.Run(200_000, timelines.Length, (slot, _) => timelines[slot].Issue(), (slot, fence) => timelines[slot].Signal(fence));

        Array.ForEach(timelines, timeline => timeline.Dispose());
    }

    [Fact]
    public void Commands_of_inline_queues_that_each_depend_on_the_one_before_all_run()
    {
        const int Length = 5_000;
        FenceTimeline start = new("start");
        DeviceQueue<int>[] queues =
        [
            .. Enumerable.Range(0, Length).Select(i => new DeviceQueue<int>(
                $"queue {i}", new AtOnceDriver(), new DeviceQueueOptions { Dispatch = DeviceDispatch.Inline, Capacity = 1 })),
        ];
        Fence last = start.Issue();
        foreach (DeviceQueue<int> queue in queues)
        {
            Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(0, [last], out last));
        }

        TestThread.RunOnSmallStack(() => start.Signal(1));

        Assert.Equal(FenceStatus.Signaled, last.Status);
        Array.ForEach(queues, queue => Limit.On(queue.DisposeAsync().AsTask()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_chain_of_waits_for_several_with_inline_continuations_runs_to_its_end(bool any)
    {
        FenceTimeline[] timelines = NewTimelines(count: 20_000);
        Fence[] fences = [.. timelines.Select(timeline => timeline.Issue())];
        Fence pending = new FenceTimeline("never").Issue();
        Task[] links = [.. Enumerable.Range(0, timelines.Length - 1).Select(PassOnAsync)];

        TestThread.RunOnSmallStack(() => timelines[0].Signal(1));

        Limit.On(Task.WhenAll(links));
        Assert.True(fences[^1].IsSignaled);

        async Task PassOnAsync(int i)
        {
            await (any ? Fence.WaitAnyAsync([pending, fences[i]]) : Fence.WaitAllAsync([default, fences[i]]))
                .ConfigureAwait(FenceContinuation.Inline);
            timelines[i + 1].Signal(1);
        }
    }

    [Fact]
    public void A_tree_of_signals_runs_every_callback_once()
    {
        const int Depth = 16;
        int ran = 0;
        TestThread.RunOnSmallStack(() => UseUpStack(() => Grow(Depth)));
        Assert.Equal((1 << (Depth + 1)) - 1, ran);

        void Grow(int depth)
        {
            FenceTimeline timeline = new("branch");
            for (int i = 0; i < (depth == Depth ? 1 : 2); i++)
            {
                Assert.True(timeline.Issue().TryAddCallback(new RecordingCallback(() =>
                {
                    ran++;
                    if (depth > 0)
                    {
                        Grow(depth - 1);
                    }
                })));
            }

            timeline.Signal(timeline.Issued);
        }
    }

    [Fact]
    public void A_signal_in_a_callback_returns_when_its_own_callbacks_have_run_as_long_as_there_is_stack()
    {
        FenceTimeline outer = new("outer");
        FenceTimeline inner = new("inner");
        List<string> order = [];
        inner.Issue().TryAddCallback(new RecordingCallback(() => order.Add("inner")));
        outer.Issue().TryAddCallback(new RecordingCallback(() =>
        {
            inner.Signal(1);
            order.Add("first");
        }));
        outer.Issue().TryAddCallback(new RecordingCallback(() => order.Add("second")));

        TestThread.Run(() => outer.Signal(2));

        Assert.Equal(["inner", "first", "second"], order);
    }

    [Fact]
    public void Without_stack_the_callbacks_of_a_signal_in_a_callback_run_behind_it_and_before_the_outer_signal_returns()
    {
        FenceTimeline outer = new("outer");
        FenceTimeline inner = new("inner");
        List<string> order = [];
        inner.Issue().TryAddCallback(new RecordingCallback(() => order.Add("inner 1")));
        inner.Issue().TryAddCallback(new RecordingCallback(() => order.Add("inner 2")));
        outer.Issue().TryAddCallback(new RecordingCallback(() =>
        {
            Assert.True(inner.Signal(1));
            Assert.True(inner.GetFence(1).IsSignaled);
            order.Add("first");
        }));
        outer.Issue().TryAddCallback(new RecordingCallback(() =>
        {
            inner.Signal(2);
            order.Add("second");
        }));

        TestThread.RunOnSmallStack(() => UseUpStack(() =>
        {
            outer.Signal(2);
            order.Add("returned");
        }));

        Assert.Equal(["first", "second", "inner 1", "inner 2", "returned"], order);
    }

    [Fact]
    public void Without_stack_a_callback_that_throws_stops_none_of_the_others()
    {
        long before = FenceTimeline.CallbackFaults;
        FenceTimeline outer = new("outer");
        FenceTimeline inner = new("inner");
        RecordingCallback last = new();
        inner.Issue().TryAddCallback(new RecordingCallback(() => throw new NotSupportedException()));
        inner.Issue().TryAddCallback(last);
        outer.Issue().TryAddCallback(new RecordingCallback(() =>
        {
            inner.Signal(2);
            throw new NotSupportedException();
        }));

        TestThread.RunOnSmallStack(() => UseUpStack(() => outer.Signal(1)));

        Assert.Equal(1, last.Calls);
        Assert.Equal(2, FenceTimeline.CallbackFaults - before);
    }

    [Fact]
    public void A_chain_allocates_nothing()
    {
        FenceTimeline[] timelines = NewTimelines(count: 64);
        long bytes = -1;

        Chain.Run(
            100_000,
            timelines.Length,
            (slot, _) => timelines[slot].Issue(),
            (slot, fence) => timelines[slot].Signal(fence),
            begin =>
            {
                UseUpStack(() => SignalNested()); // the thread makes room for its statics once
                long before = GC.GetAllocatedBytesForCurrentThread();
                begin();
                bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            });

        Assert.Equal(0, bytes);
    }

    [Fact]
    public void The_thread_refers_to_no_callback_when_the_chain_is_over()
    {
        TestThread.RunOnSmallStack(() =>
        {
            WeakReference callback = UseUp();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            Assert.False(callback.IsAlive);
        });

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference UseUp()
        {
            WeakReference callback = null!;
            UseUpStack(() => callback = SignalNested());
            return callback;
        }
    }

    private static WeakReference SignalNested()
    {
        FenceTimeline outer = new("outer");
        FenceTimeline inner = new("inner");
        RecordingCallback last = new();
        inner.Issue().TryAddCallback(last);
        outer.Issue().TryAddCallback(new RecordingCallback(() => inner.Signal(1)));
        outer.Signal(1);
        Assert.Equal(1, last.Calls);
        return new WeakReference(last);
    }

    private static FenceTimeline[] NewTimelines(int count) => [.. Enumerable.Range(0, count).Select(i => new FenceTimeline($"link {i}"))];

    private static void UseUpStack(Action then)
    {
        if (RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            UseUpStack(then);
        }
        else
        {
            then();
        }

        GC.KeepAlive(then); // not the last call: this frame stays
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

    /// <summary>Goes round a ring of callbacks: each, when it runs, makes the next fence, adds the next callback, and signals.</summary>
    private sealed class Chain
    {
        private readonly Link[] _links;
        private readonly int _length;
        private readonly Func<int, int, Fence> _issue;
        private readonly Action<int, Fence> _signal;
        private readonly Thread _thread = Thread.CurrentThread;
        private int _ran;
        private int _wrong;

        private Chain(int length, int ring, Func<int, int, Fence> issue, Action<int, Fence> signal)
        {
            _length = length;
            _issue = issue;
            _signal = signal;
            _links = [.. Enumerable.Range(0, ring).Select(slot => new Link(this, slot))];
        }

        internal static void Run(
            int length, int ring, Func<int, int, Fence> issue, Action<int, Fence> signal, Action<Action>? wrap = null) =>
            TestThread.RunOnSmallStack(() => RunHere(length, ring, issue, signal, wrap));

        internal static void RunHere(
            int length, int ring, Func<int, int, Fence> issue, Action<int, Fence> signal, Action<Action>? wrap = null)
        {
            Chain chain = new(length, ring, issue, signal);
            Action begin = chain.PassOn;
            (wrap ?? (static body => body()))(begin);
            Assert.Equal((length, 0), (chain._ran, chain._wrong));
        }

        private void PassOn()
        {
            int slot = _ran % _links.Length;
            Fence fence = _issue(slot, _ran);
            if (!fence.TryAddCallback(_links[slot]))
            {
                _wrong++;
            }

            _signal(slot, fence);
        }

        private void OnSignaled(int slot)
        {
            if (slot != _ran % _links.Length || Thread.CurrentThread != _thread)
            {
                _wrong++;
            }

            if (++_ran < _length)
            {
                PassOn();
            }
        }

        private sealed class Link(Chain chain, int slot) : FenceCallback
        {
            protected override void OnSignaled(FenceStatus status, Exception? fault) => chain.OnSignaled(slot);
        }
    }
}
