// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>The node of a thread that blocks. Each thread keeps one, so a wait allocates only the first time.</summary>
internal sealed class BlockingWaiter : FenceCallback
{
    /// <summary>Turns of SpinWait, most of which yield the processor: about what ManualResetEventSlim spends.</summary>
    internal const int MostSpins = 35;

    /// <summary>Turns of SpinWait that do not yield: about a microsecond.</summary>
    private const int FewestSpins = 10;

    /// <summary>
    /// So many sleeps with the fewest turns, and a waiter tries once more whether looking pays: two that have put each other to sleep would go
    /// on like that for ever, since a wake-up takes longer than the fewest turns.
    /// </summary>
    private const int SleepsBeforeTrying = 16;

    private const int SpinsLostBySleeping = 5;

    /// <summary>
    /// Looks before the first turn of SpinWait: a fifth of a microsecond, about two ways between cores. The turns get longer fast, and a
    /// signal that comes just after a look is seen a whole turn late.
    /// </summary>
    private const int CloseLooks = 200;

    // Monitor takes at most int.MaxValue milliseconds; longer waits go round again.
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromMilliseconds(int.MaxValue);

    [ThreadStatic]
    private static BlockingWaiter? t_spare;

    /// <summary>How long a thread of the pool sleeps before the producer is asked whether it waits for the pool too.</summary>
    private static readonly TimeSpan s_beforeHelp = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan s_beforeStack = TimeSpan.FromMilliseconds(20);

    private readonly Thread _thread = Thread.CurrentThread;
    private StackTrace? _stack;   // while the contract is checked: where the thread stands, once it has stood there for a moment
    private string[] _locks = []; // and what it holds
    private bool _signaled; // under this monitor
    private bool _nudged;   // under this monitor: something changed that is worth a look

    internal static FenceStatus Wait(Fence fence, FenceTimeline timeline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        return LookClosely(fence, timeline) || SpinUntilSignaled(fence, timeline)
            ? fence.Status
            : Sleep(fence, timeline, timeout, cancellationToken);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static FenceStatus Sleep(Fence fence, FenceTimeline timeline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Taken out while in use: a wait can be entered again on the same thread, from a callback or a pumping context.
        BlockingWaiter waiter = t_spare ?? new BlockingWaiter();
        t_spare = null;
        waiter._signaled = false;
        waiter._nudged = false;
        waiter._stack = null;
        if (!fence.TryAddCallback(waiter))
        {
            t_spare = waiter;
            return fence.Status;
        }

        FenceKitMeter.Count(FenceKitCounter.ThreadsBlocked);
        FenceKitEventSource.Log.BlockingWaitStart(fence.Timeline?.Name, fence.Point);
        try
        {
            waiter.Sleep(timeline, timeout, cancellationToken);
        }
        catch
        {
            // Interrupted (Thread.Interrupt), or a clock of the user's threw: nothing may stay behind in the list.
            fence.TryRemoveCallback(waiter);
            FenceKitEventSource.Log.BlockingWaitStop(fence.Timeline?.Name, fence.Point, FenceStatus.Pending);
            throw;
        }

        return waiter.Finish(fence, cancellationToken);
    }

    internal override void DescribeWaits(Fence fence, List<FenceWait> waits)
    {
        StackTrace? stack = Volatile.Read(ref _stack); // pairs with the write in Rest
        waits.Add(FenceWait.Of(_thread, fence, stack is null ? [] : _locks, stack is null ? [] : FenceIssuers.DescribeStack(stack)));
    }

    private BlockingWaiter()
        : base(isInternal: true)
    {
    }

    protected override void OnSignaled(FenceStatus status, Exception? fault)
    {
        InterruptShield.EnterShielded(this);
        _signaled = true;
        Monitor.Pulse(this);
        Monitor.Exit(this);
    }

    /// <summary>A signaler on another core that answers at once does it within this time.</summary>
    private static bool LookClosely(Fence fence, FenceTimeline timeline)
    {
        if (default(SpinWait).NextSpinWillYield)
        {
            return false; // one processor: while we look, nobody can signal
        }

        for (int look = 0; look < CloseLooks; look++)
        {
            if (fence.IsSignaled)
            {
                Remember(timeline);
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Most fences that are waited for are about to signal, and a sleep costs two wake-ups of tens of microseconds: look for about that
    /// long first, as ManualResetEventSlim does. A timeline that has made its waiters sleep gets less of it each time, down to a
    /// microsecond, and all of it again as soon as looking has paid, and once in a while to see whether it would: long waits must not burn
    /// a processor.
    /// </summary>
    /// <remarks>Out of line: a method that calls into the system, as Yield does, prepares for that in each of its calls.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool SpinUntilSignaled(Fence fence, FenceTimeline timeline)
    {
        SpinWait spin = default;
        if (spin.NextSpinWillYield)
        {
            return false; // as above
        }

        int spins = timeline.SpinsBeforeSleep;
        int turns = Math.Max(spins, FewestSpins);
        for (int turn = 0; turn < turns; turn++)
        {
            if (spin.NextSpinWillYield)
            {
                Thread.Yield(); // not as SpinWait does it, with a Sleep(0) now and then: a thread that looks is not asleep, and not to be interrupted
            }
            else
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }

            if (fence.IsSignaled)
            {
                if (spins != MostSpins)
                {
                    timeline.SpinsBeforeSleep = MostSpins; // not when it is so already: the signaler needs this cache line for itself
                }

                Remember(timeline);
                return true;
            }
        }

        // Below the fewest it counts sleeps.
        timeline.SpinsBeforeSleep = spins > FewestSpins ? Math.Max(FewestSpins, spins - SpinsLostBySleeping)
            : spins > FewestSpins - SleepsBeforeTrying ? spins - 1
            : MostSpins;
        return false;
    }

    /// <summary>Tells the signaler that looking pays, see <see cref="FenceTimeline.IsPolled"/>.</summary>
    private static void Remember(FenceTimeline timeline)
    {
        if (!timeline.IsPolled)
        {
            timeline.IsPolled = true;
        }
    }

    private void Sleep(FenceTimeline timeline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        TimeProvider clock = timeline.TimeProvider;
        bool limited = timeout != Timeout.InfiniteTimeSpan;
        long start = limited ? clock.GetTimestamp() : 0;

        // A clock of the user's own decides when time is over, so it has to wake us; the system's clock is the one of Monitor.
        using ITimer? timer = limited && clock != TimeProvider.System
            ? clock.CreateTimer(static state => ((BlockingWaiter)state!).Nudge(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : null;
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((BlockingWaiter)state!).Nudge(), this);

        bool poolKnows = PoolThread.BeginSleep(); // before the monitor: the pool has a lock of its own, and the signaler needs ours
        try
        {
            if (poolKnows && clock == TimeProvider.System && timeline.Producer is { } producer)
            {
                TimeSpan moment = limited && timeout < s_beforeHelp ? timeout : s_beforeHelp;
                SleepUntilSignaled(clock, timer: null, clock.GetTimestamp(), moment, cancellationToken);
                producer.HelpSleeper();
            }

            SleepUntilSignaled(clock, timer, start, timeout, cancellationToken);
        }
        finally
        {
            if (poolKnows)
            {
                PoolThread.EndSleep();
            }
        }
    }

    private void SleepUntilSignaled(TimeProvider clock, ITimer? timer, long start, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timer is not null)
        {
            SleepByTimer(clock, timer, start, timeout, cancellationToken);
            return;
        }

        bool limited = timeout != Timeout.InfiniteTimeSpan;
        Monitor.Enter(this);
        try
        {
            while (!_signaled && !cancellationToken.IsCancellationRequested)
            {
                TimeSpan left = limited ? timeout - clock.GetElapsedTime(start) : s_longestSleep;
                if (left <= TimeSpan.Zero)
                {
                    return;
                }

                Rest(InMilliseconds(left));
            }
        }
        finally
        {
            Monitor.Exit(this);
        }
    }

    /// <summary>
    /// The clock and its timer are a user's: they are asked outside the monitor, which the signaler needs. The timer may fire inside its own
    /// Change, or before we sleep; that it did is remembered.
    /// </summary>
    private void SleepByTimer(TimeProvider clock, ITimer timer, long start, TimeSpan timeout, CancellationToken cancellationToken)
    {
        while (!ForgetNudges() && !cancellationToken.IsCancellationRequested) // in this order: a token that is canceled later nudges later
        {
            TimeSpan left = timeout - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            // Set anew in every round: a timer may fire a little before its clock agrees.
            timer.ChangeShielded(TimeSpan.FromMilliseconds(InMilliseconds(left)));
            Monitor.Enter(this);
            try
            {
                if (!_signaled && !_nudged)
                {
                    Rest(Timeout.Infinite);
                }
            }
            finally
            {
                Monitor.Exit(this);
            }
        }
    }

    /// <returns>Whether the fence has signaled.</returns>
    private bool ForgetNudges()
    {
        InterruptShield.EnterShielded(this);
        _nudged = false;
        bool signaled = _signaled;
        Monitor.Exit(this);
        return signaled;
    }

    /// <summary>Rounded up: waking a fraction of a millisecond early would spin through the rest.</summary>
    private static int InMilliseconds(TimeSpan left) => (int)Math.Ceiling(Math.Min(left.TotalMilliseconds, s_longestSleep.TotalMilliseconds));

    /// <summary>
    /// Sleeps until something happens. While the contract is checked, a wait that is not over in a moment first writes down where it
    /// stands: others cannot look at the stack of this thread.
    /// </summary>
    private void Rest(int milliseconds)
    {
        if (!FenceContract.IsChecked || Volatile.Read(ref _stack) is not null || (uint)milliseconds <= s_beforeStack.TotalMilliseconds)
        {
            Monitor.Wait(this, milliseconds);
        }
        else if (!Monitor.Wait(this, s_beforeStack))
        {
            _locks = FenceAnnotations.DescribeHeldLocks(_thread);
            Volatile.Write(ref _stack, new StackTrace(skipFrames: 1, fNeedFileInfo: false)); // a release of the locks; pairs with DescribeWaits
        }
    }

    private FenceStatus Finish(Fence fence, CancellationToken cancellationToken)
    {
        // Either the signaler has fixed our outcome, or we are out of the list and the fence was pending at that moment: there is no
        // third case, so a wait never says "time is over" about a fence that had signaled.
        if (fence.TryRemoveCallback(this) != FenceCallbackRemoval.Removed)
        {
            FenceStatus status = DeliveredStatus;
            FenceKitEventSource.Log.BlockingWaitStop(fence.Timeline?.Name, fence.Point, status);
            InterruptShield.EnterShielded(this);
            bool callbackIsOver = _signaled;
            Monitor.Exit(this);
            if (callbackIsOver)
            {
                Recycle();
            }

            // Otherwise the signaler is still busy with others before us; the node is left to it and to the garbage collector.
            return status;
        }

        Recycle();
        FenceKitMeter.Count(cancellationToken.IsCancellationRequested ? FenceKitCounter.WaitsCanceled : FenceKitCounter.WaitsTimedOut);
        FenceKitEventSource.Log.BlockingWaitStop(fence.Timeline?.Name, fence.Point, FenceStatus.Pending);
        cancellationToken.ThrowIfCancellationRequested();
        return FenceStatus.Pending;
    }

    private void Recycle()
    {
        DeliveredError = null;
        Timeline = null;
        t_spare = this;
    }

    private void Nudge()
    {
        InterruptShield.EnterShielded(this);
        _nudged = true;
        Monitor.Pulse(this);
        Monitor.Exit(this);
    }
}
