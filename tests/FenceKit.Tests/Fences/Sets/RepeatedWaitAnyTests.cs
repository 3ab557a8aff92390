// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>
/// Somebody waits for any of several again and again, and one of them never signals: a pooled wait comes to its timeline, is taken out of it,
/// and comes back. Of that nothing stays, and nobody else notices.
/// </summary>
public class RepeatedWaitAnyTests
{
    private readonly FenceTimeline _never = new("never");
    private readonly FenceTimeline _device = new("device");

    [Fact]
    public void A_timeline_that_waits_for_any_came_to_again_and_again_keeps_nothing_of_them_alive()
    {
        WeakReference[] rest = AwaitAndLeave(_never.Issue());

        Collect();

        Assert.All(rest, thing => Assert.False(thing.IsAlive));
        Assert.False(_never.HasCallbacks());
        GC.KeepAlive(_never);
    }

    [Fact]
    public void A_timeline_that_arrays_of_any_came_to_again_and_again_keeps_none_of_them_alive()
    {
        WeakReference[] rest = ArmAndLeave(_never.Issue());

        Collect();

        Assert.All(rest, thing => Assert.False(thing.IsAlive));
        Assert.False(_never.HasCallbacks());
        GC.KeepAlive(_never);
    }

    [Fact]
    public void A_fence_that_nobody_will_signal_ends_its_wait_though_the_pooled_wait_was_in_a_list_that_lives()
    {
        StrongBox<Exception?> fault = AwaitTheLivingThenTheDropped();

        Limit.Until(
            () =>
            {
                Collect();
                return Volatile.Read(ref fault.Value) is not null;
            },
            "The wait for fences of timelines that were collected");

        Assert.IsType<FenceAbandonedException>(fault.Value);
        GC.KeepAlive(_never);
    }

    [Fact]
    public void Others_wait_where_a_wait_for_any_was_taken_out_as_anywhere()
    {
        ComeAndGo();
        RecordingCallback callback = new();
        Fence point = _never.Issue();
        Assert.True(point.TryAddCallback(callback));
        Task<FenceStatus> await = AwaitAsync(point);

        Assert.True(_never.Signal(point));

        Assert.Equal(1, callback.Calls);
        Assert.Equal(FenceStatus.Signaled, Limit.On(await));
        Assert.False(_never.HasCallbacks());
    }

    [Fact]
    public void A_wait_that_comes_back_is_woken_there()
    {
        ComeAndGo();
        Task<FenceWaitResult> wait = AwaitAnyAsync(_never.Issue(), _device.Issue());
        Assert.True(_never.HasCallbacks());

        _never.Signal(_never.Issued);

        Assert.Equal(0, Limit.On(wait).Index);
        Assert.False(_never.HasCallbacks());
        Assert.False(_device.HasCallbacks());
    }

    /// <summary>Afterwards the node of the first member has been taken out of the timeline that never signals, twice.</summary>
    private void ComeAndGo()
    {
        for (int i = 0; i < 2; i++)
        {
            Task<FenceWaitResult> wait = AwaitAnyAsync(_never.Issue(), _device.Issue());
            _device.Signal(_device.Issued);
            Assert.Equal(1, Limit.On(wait).Index);
        }
    }

    /// <summary>The same pooled wait serves both: first it is taken out of a list of ours, then it waits for what only it refers to.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private StrongBox<Exception?> AwaitTheLivingThenTheDropped()
    {
        ComeAndGo();
        StrongBox<Exception?> fault = new(null);
        _ = NoteFaultAsync(fault, new FenceTimeline("dropped").Issue(), new FenceTimeline("dropped too").Issue());
        return fault; // and nothing that refers to the await

        static async Task NoteFaultAsync(StrongBox<Exception?> fault, Fence first, Fence second) =>
            Volatile.Write(ref fault.Value, (await Fence.WaitAnyAsync([first, second]).ConfigureAwait(FenceContinuation.Inline)).Error);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] AwaitAndLeave(Fence never)
    {
        FenceTimeline other = new("dropped");
        InvalidOperationException error = new("I/O");
        byte[] local = new byte[8];
        for (int i = 0; i < 3; i++)
        {
            Task<FenceWaitResult> wait = AwaitWithAsync(never, other.Issue(), local);
            other.Signal(other.Issued, error);
            Assert.Same(error, Limit.On(wait).Error);
        }

        return [new WeakReference(other), new WeakReference(error), new WeakReference(local)];

        static async Task<FenceWaitResult> AwaitWithAsync(Fence never, Fence other, byte[] local)
        {
            FenceWaitResult result = await Fence.WaitAnyAsync([never, other]).ConfigureAwait(FenceContinuation.Inline);
            local[0]++;
            return result;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] ArmAndLeave(Fence never)
    {
        FenceTimeline other = new("dropped");
        FenceArray array = new("dropped", 2);
        RecordingCallback callback = new();
        for (int i = 0; i < 3; i++)
        {
            Assert.True(array.TryArmAny([never, other.Issue()], out Fence any));
            Assert.True(any.TryAddCallback(callback));
            other.Signal(other.Issued);
            Assert.True(any.IsSignaled);
        }

        return [new WeakReference(other), new WeakReference(array), new WeakReference(callback)];
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static async Task<FenceStatus> AwaitAsync(Fence fence) => await fence.ConfigureAwait(FenceContinuation.Inline);

    private static async Task<FenceWaitResult> AwaitAnyAsync(params Fence[] fences) =>
        await Fence.WaitAnyAsync(fences).ConfigureAwait(FenceContinuation.Inline);
}
