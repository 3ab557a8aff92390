// SPDX-License-Identifier: MIT
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Tests.Readme;

/// <summary>The snippets of docs/fences.md, as they compile and run.</summary>
public sealed class FencesPage
{
    private static readonly TimeSpan s_budget = Limit.Time;

    [Fact]
    public async Task Several_fences_at_once()
    {
        FenceTimeline network = new("network");
        FenceTimeline disk = new("disk");
        _ = network.Issue();
        _ = disk.Issue();
        disk.Signal(1);
        CancellationToken token = default;
        int winner = -1;

        // snippet: AnyOf
        FenceWaitResult first = await Fence.WaitAnyAsync([network.GetFence(1), disk.GetFence(1)], s_budget, token)
            .ConfigureAwait(FenceContinuation.ThreadPool);
        if (!first.IsTimeout)
            winner = first.Index;                      // which one; first.Status and first.Error say how it ended
        // endsnippet
        Assert.Equal(1, winner);

        using FenceWaitSet set = new(2);
        int rounds = 0;
        // snippet: WaitSet
        set.Set(0, Next(0));                           // a slot stays in its timeline from wait to wait
        set.Set(1, Next(1));
        while (set.WaitAny(s_budget) is { IsTimeout: false } done && rounds < 8)
            set.Set(done.Index, Next(done.Index));     // each completion once, in the order in which they came
        // endsnippet
        Assert.Equal(8, rounds);

        Fence Next(int slot)
        {
            rounds++;
            FenceTimeline timeline = slot == 0 ? network : disk;
            Fence fence = timeline.Issue();
            ThreadPool.QueueUserWorkItem(_ => timeline.Signal(fence));
            return fence;
        }
    }

    [Fact]
    public void One_fence_made_of_several()
    {
        FenceTimeline copy = new("copy");
        FenceTimeline draw = new("draw");
        using FenceArray frame = new("frame", capacity: 8);
        Fence[] parts = [copy.Issue(), draw.Issue()];

        // snippet: Array
        if (!frame.TryArmAll(parts, out Fence whole))
            return;                                    // the last frame is still on its way: use another array, or come back
        // endsnippet
        copy.Signal(1);
        draw.Signal(1);
        Assert.Equal(FenceStatus.Signaled, whole.Wait(s_budget));
    }

    [Fact]
    public void A_driver_that_enables_its_interrupt_only_when_somebody_waits()
    {
        ulong interruptAt = 0;
        ulong register = 0;
        // snippet: Driver
        using FenceTimeline ring = new("ring", new FenceTimelineOptions
        {
            EnableSignaling = point => { interruptAt = point; return register < point; }, // false: it is complete already
            Poll = () => register,                     // what the hardware's counter says
            Watchdog = TimeSpan.FromSeconds(10),       // a point that is late faults, and says who issued it
            TrackedIssuers = 64,
        });
        // endsnippet
        Fence fence = ring.Issue();
        Assert.Equal(0UL, interruptAt);
        Assert.True(fence.TryAddCallback(new RecordingCallback()));
        Assert.Equal(1UL, interruptAt);
        register = 1;
        Assert.True(fence.TryPoll());
        Assert.True(fence.IsSignaled);
    }

    [Fact]
    public async Task Any_set_of_locks_in_any_order()
    {
        bool isShown = false;
        // snippet: Locks
        WoundWaitClass buffers = new("buffers");
        WoundWaitLock front = new(buffers), back = new(buffers);
        FenceReservation picture = new(front);         // the fences of one resource, guarded by its lock

        using WoundWaitLockSet both = new(buffers);
        if (!await both.LockAsync(new[] { back, front }, s_budget))   // backs off and tries again by itself
            return;                                    // time is over, and none of them is held
        picture.Reserve(1);                            // may allocate; from here on nothing can fail
        picture.Add(Draw(), FenceUsage.Write);         // a later writer waits for it, and so does a reader
        both.Unlock();

        if (picture.Wait(FenceUsage.Write, s_budget) == FenceStatus.Signaled)   // a new reader waits for writers; a new writer for Read
            Show(picture);
        // endsnippet
        Assert.True(isShown);

        void Show(FenceReservation shown) => isShown = shown.IsSignaled(FenceUsage.Read);

        static Fence Draw()
        {
            FenceTimeline timeline = new("draw");
            Fence fence = timeline.Issue();
            ThreadPool.QueueUserWorkItem(_ => timeline.Signal(fence));
            return fence;
        }
    }

    [Fact]
    public async Task What_others_wait_for()
    {
        FenceTimeline timeline = new("device");
        Fence fence = timeline.Issue();
        using FencePool pool = new("tasks", 4);
        using FenceCompletionQueue queue = new(16);
        timeline.Signal(fence);
        Task work = Task.CompletedTask;

        // snippet: Bridges
        Task task = fence.AsTask();                    // also AsValueTask, AsWaitHandle, AsCancellationToken
        if (pool.TryRent(out FenceSource source))
            _ = work.SignalWhenCompleted(source);      // also of a ValueTask, a WaitHandle, a CancellationToken
        if (queue.TryWatch(fence, tag: 42))            // false when it is full: read first
            await foreach (FenceCompletion completion in queue.Reader.ReadAllAsync()) { Handle(completion); break; }
        // endsnippet
        await Limit.OnAsync(task);
        Assert.True(source.Fence.IsSignaled);

        static void Handle(FenceCompletion completion) => Assert.Equal(42UL, completion.Tag);
    }

    [Fact]
    public void Between_processes()
    {
        if (!LinuxFences.IsSupported)
        {
            Assert.Throws<PlatformNotSupportedException>(() => SharedFenceTimeline.Create("frames"));
            return;
        }

        // snippet: Shared
        using SharedFenceTimeline mine = SharedFenceTimeline.Create("frames");            // the process that produces
        (int process, int descriptor) = (Environment.ProcessId, mine.Descriptor);        // tell these to the others

        using SharedFenceTimeline theirs = SharedFenceTimeline.Open("frames", process, descriptor);   // a process that waits
        mine.Signal(mine.Issue());
        FenceStatus status = theirs.GetFence(1).Wait(s_budget);   // Faulted when the producer dies, or writes nonsense

        using SafeFileHandle readable = LinuxFences.ExportEvent(theirs.GetFence(1));     // an eventfd, for poll and epoll
        // endsnippet
        Assert.Equal(FenceStatus.Signaled, status);
    }
}
