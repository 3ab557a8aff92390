// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Contract.Probe;

/// <summary>Touches every place where FenceKit reports to the validator when the contract is checked.</summary>
internal static class EveryPart
{
    private static readonly AddressRange s_range = new(0, 4096);

    internal static int Use()
    {
        Fences();
        Sets();
        Await().GetAwaiter().GetResult();
        Invalidations();
        bool isLoaded = AppDomain.CurrentDomain.GetAssemblies().Any(static assembly => assembly.GetName().Name == "FenceKit.Lockdep");
        Console.WriteLine(isLoaded ? "used; Lockdep loaded" : "used; Lockdep not loaded");
        return 0;
    }

    private static void Fences()
    {
        FenceTimeline timeline = new("device", new FenceTimelineOptions { IsExported = true });
        Fence fence = timeline.Issue();
        fence.TryAddCallback(new Nothing());
        using (timeline.BeginSignaling())
        {
            timeline.Signal(fence);
        }

        fence.Wait();
        Fence.WaitAll([fence, fence]);
        Fence.WaitAny([fence]);
        FencePool pool = new("pool", 2);
        pool.TryRent(out FenceSource source);
        source.TrySignal();
        FenceContract.MightAllocate();
        using (FenceContract.EnterReclaim())
        {
            timeline.Dispose();
        }
    }

    private static void Sets()
    {
        WoundWaitClass lockClass = new("pages");
        WoundWaitLock one = new(lockClass);
        using WoundWaitContext context = new(lockClass);
        one.Lock(context);
        one.Unlock(context);
        one.TryLock(context);
        context.Done();
        one.Unlock(context);
        one.LockAsync(context, TimeSpan.FromSeconds(1)).AsTask().Wait();
        one.Unlock(context);
        if (FenceContract.IsChecked)
        {
            UnlockOnceMoreAsAskedFor(one, context);
        }
        else
        {
            UnlockOnceMore(one, context);
        }

        using WoundWaitLockSet set = new(lockClass);
        set.Lock([one, new WoundWaitLock(lockClass)], TimeSpan.FromSeconds(1));
    }

    // What is not held cannot be given back; the validator is told first.
    private static void UnlockOnceMore(WoundWaitLock one, WoundWaitContext context)
    {
        try
        {
            one.Unlock(context);
        }
        catch (SynchronizationLockException)
        {
            return;
        }

        throw new InvalidOperationException("It was given back twice.");
    }

    // Apart: compiling it loads FenceKit.Lockdep.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UnlockOnceMoreAsAskedFor(WoundWaitLock one, WoundWaitContext context)
    {
        using LockSectionScope asked = LockValidator.Default.Suppress("a lock is given back twice");
        UnlockOnceMore(one, context);
    }

    private static async Task Await()
    {
        FenceTimeline timeline = new("device");
        Fence fence = timeline.Issue();
        ThreadPool.QueueUserWorkItem(_ => timeline.Signal(fence));
        await fence;
        await fence.WaitAsync(TimeSpan.FromSeconds(1));
        await Fence.WaitAllAsync([fence]);
    }

    private static void Invalidations()
    {
        InvalidationNotifier notifier = new("pool");
        Subscriber subscriber = new();
        using InvalidationSubscription subscription = notifier.Subscribe(s_range, subscriber, "device");
        using ReaderGate gate = new(notifier, s_range, "readers");
        using (gate.Enter())
        {
        }

        subscription.BeginRead(s_range, TimeSpan.FromSeconds(1), out InvalidationSequence sequence);
        if (subscription.TryPopulate(sequence, out PopulateScope scope))
        {
            scope.Dispose();
        }

        using (notifier.AcquireTable())
        {
            notifier.Invalidate(s_range, InvalidationReason.Unmap, subscriber, static (device, _) => device.Finish(), static (_, _) => { }, TimeSpan.FromSeconds(1));
        }
    }

    private sealed class Nothing : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
        }
    }

    private sealed class Subscriber : IInvalidationSubscriber
    {
        private readonly FenceTimeline _timeline = new("device");

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = _timeline.Issue();
            return true;
        }

        internal void Finish() => _timeline.Signal(_timeline.Issued);
    }
}
