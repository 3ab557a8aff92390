// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.CrossDeviceDeadlock;

/// <summary>The case on one thread, where nothing can hang, and on two, where it does.</summary>
internal static class Scenes
{
    private const ulong Pages = 8;

    /// <summary>One copy, one reclaim, one more copy, one after the other on this thread. Harmless in every design.</summary>
    public static void RunOnOneThread(Design design)
    {
        using BufferPool pool = new(Pages);
        CopyEngine engine = new(pool, design);
        Display display = new(engine, design);
        using InvalidationSubscription ofEngine = pool.Notifier.Subscribe(pool.Range, engine, "copy engine");
        using InvalidationSubscription ofDisplay = pool.Notifier.Subscribe(pool.Range, display, "display");

        engine.Submit();
        engine.Execute();
        pool.Reclaim(TimeSpan.FromSeconds(1));
        engine.Submit();
        engine.Execute();
    }

    /// <summary>The same bad design at the wrong moment. Never returns.</summary>
    public static void Hang()
    {
        using BufferPool pool = new(Pages);
        CopyEngine engine = new(pool, Design.WaitInNotifier);
        using ManualResetEventSlim isWaiting = new();
        using ManualResetEventSlim isExecuting = new();
        Display display = new(engine, Design.WaitInNotifier)
        {
            // Only the first time: the engine's own reclaim comes to the display too.
            Waiting = () =>
            {
                isWaiting.Set();
                isExecuting.Wait();
            },
        };
        using InvalidationSubscription ofEngine = pool.Notifier.Subscribe(pool.Range, engine, "copy engine");
        using InvalidationSubscription ofDisplay = pool.Notifier.Subscribe(pool.Range, display, "display");

        engine.Submit();
        pool.RunDry();
        Thread reclaimer = new(() => pool.Reclaim(Timeout.InfiniteTimeSpan)) { Name = "reclaimer" };
        reclaimer.Start();
        isWaiting.Wait();
        Thread worker = new(() => engine.Execute(isExecuting.Set)) { Name = "copy engine" };
        worker.Start();

        reclaimer.Join();
        worker.Join();
    }
}
