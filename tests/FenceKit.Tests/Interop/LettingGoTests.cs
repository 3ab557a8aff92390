// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Tests.Interop;

/// <summary>What a bridge costs is gone when the user has let go of it, however long its fence stays pending. Alone: it counts the heap.</summary>
[Collection(AloneCollection.Name)]
public sealed class LettingGoTests
{
    private const int Times = 4_000;

    private readonly FenceTimeline _timeline = new("long-lived");

    [Fact]
    public void Events_that_were_exported_and_disposed_leave_nothing()
    {
        if (LinuxOnly.IsRefused(() => LinuxFences.ExportEvent(default)))
        {
            return;
        }

        Fence pending = _timeline.Issue();
        AssertNothingStays(() => LinuxFences.ExportEvent(pending).Dispose());
        Assert.False(_timeline.HasCallbacks());
    }

    [Fact]
    public void An_event_that_was_dropped_is_collected()
    {
        if (LinuxOnly.IsRefused(() => LinuxFences.ExportEvent(default)))
        {
            return;
        }

        AssertIsCollected(() => LinuxFences.ExportEvent(_timeline.Issue()));
        Assert.False(_timeline.HasCallbacks());
    }

    [Fact]
    public void An_event_that_is_held_stays_and_becomes_readable()
    {
        if (LinuxOnly.IsRefused(() => LinuxFences.ExportEvent(default)))
        {
            return;
        }

        Fence fence = _timeline.Issue();
        using SafeFileHandle descriptor = LinuxFences.ExportEvent(fence);
        Collect();
        Assert.True(_timeline.HasCallbacks());
        _timeline.Signal(fence);
        Assert.True(LinuxNative.WaitReadable(descriptor, 0));
    }

    [Fact]
    public void Wait_handles_that_were_disposed_or_dropped_leave_nothing()
    {
        Fence pending = _timeline.Issue();
        AssertNothingStays(() => pending.AsWaitHandle().Dispose());
        AssertIsCollected(() => pending.AsWaitHandle());
        Assert.False(_timeline.HasCallbacks());
    }

    [Fact]
    public void A_wait_handle_of_which_only_a_registered_wait_is_left_is_still_set()
    {
        Fence fence = _timeline.Issue();
        using ManualResetEventSlim set = new();
        RegisteredWaitHandle registered = Register(fence, set);
        Collect();
        _timeline.Signal(fence);
        Limit.On(set);
        registered.Unregister(null);
    }

    [Fact]
    public void A_wait_handle_that_is_held_does_not_keep_an_abandoned_timeline_from_ending_its_fences()
    {
        using WaitHandle handle = OfDroppedTimeline();
        Limit.Until(
            () =>
            {
                Collect();
                return handle.WaitOne(0);
            },
            "The end of the abandoned fence");
    }

    [Fact]
    public void Tokens_whose_registration_was_disposed_leave_nothing()
    {
        Fence pending = _timeline.Issue();
        AssertNothingStays(() =>
        {
            _ = pending.AsCancellationToken(out IDisposable registration);
            registration.Dispose();
        });
        Assert.False(_timeline.HasCallbacks());
    }

    [Fact]
    public void A_fence_that_is_asked_for_a_task_again_and_again_has_one()
    {
        Fence pending = _timeline.Issue();
        Task task = pending.AsTask();
        Assert.Same(task, pending.AsTask());
        Assert.NotSame(task, _timeline.Issue().AsTask());
        AssertNothingStays(() => _ = pending.AsTask());
#pragma warning disable CA2012 // Let go on purpose: that nothing stays of it is the test.
        AssertNothingStays(() => _ = pending.AsValueTask());
#pragma warning restore CA2012
        _timeline.Signal(pending);
        Assert.True(task.IsCompletedSuccessfully);
        GC.KeepAlive(task);
    }

    [Fact]
    public void The_task_of_a_fence_that_completed_is_collected_though_its_timeline_lives_and_others_are_pending()
    {
        for (int i = 0; i < 3; i++)
        {
            AssertIsCollected(() =>
            {
                Fence first = _timeline.Issue();
                Task task = first.AsTask();
                _ = _timeline.Issue().AsTask();
                _timeline.Signal(first);
                return task;
            });
        }

        Assert.True(_timeline.HasCallbacks());
    }

    [Fact]
    public void A_task_that_is_awaited_does_not_keep_an_abandoned_timeline_from_ending_its_fences()
    {
        Task task = TaskOfDroppedTimeline();
        Limit.Until(
            () =>
            {
                Collect();
                return task.IsCompleted;
            },
            "The end of the abandoned fence");
        Assert.IsType<FenceAbandonedException>(task.Exception!.InnerException);
    }

    [Fact]
    public void Threads_that_ask_for_the_task_while_the_fence_completes_all_hear_the_outcome()
    {
        for (int round = 0; round < 500; round++)
        {
            Fence fence = _timeline.Issue();
            Task?[] tasks = new Task?[2];
            TestThread.RunTogether(
                () => tasks[0] = fence.AsTask(),
                () => tasks[1] = fence.AsTask(),
                () => _timeline.Signal(fence));
            Limit.On(Task.WhenAll(tasks!));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task TaskOfDroppedTimeline() => new FenceTimeline("dropped").Issue().AsTask();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WaitHandle OfDroppedTimeline() => new FenceTimeline("dropped").Issue().AsWaitHandle();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RegisteredWaitHandle Register(Fence fence, ManualResetEventSlim set) =>
        ThreadPool.UnsafeRegisterWaitForSingleObject(fence.AsWaitHandle(), (_, _) => set.Set(), null, Timeout.InfiniteTimeSpan, executeOnlyOnce: true);

    private static void AssertIsCollected<T>(Func<T> make)
        where T : class
    {
        WeakReference made = Make(make);
        Limit.Until(
            () =>
            {
                Collect();
                return !made.IsAlive;
            },
            "The collection");
        Collect(); // and what its finalizers let go

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make(Func<T> make) => new(make());
    }

    /// <summary>What stays is compared between two equal runs: what is made once for all is in neither difference.</summary>
    private static void AssertNothingStays(Action action)
    {
        long least = long.MaxValue;
        Run(action);
        for (int attempt = 0; attempt < 20 && least > Times; attempt++) // other tests make things that stay, beside some of the attempts
        {
            long before = HeapSize();
            Run(action);
            least = Math.Min(least, HeapSize() - before);
        }

        Assert.True(least <= Times, $"{(double)least / Times:0.0} bytes stay for each."); // less than a byte for each: nothing but noise of the heap

        static void Run(Action action)
        {
            for (int i = 0; i < Times; i++)
            {
                action();
            }
        }
    }

    private static long HeapSize()
    {
        Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
