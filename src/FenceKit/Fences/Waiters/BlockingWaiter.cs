// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>The waiter node of a blocked thread. Each thread caches one, so a wait allocates only the first time.</summary>
internal sealed class BlockingWaiter : FenceCallback
{
    /// <summary>The largest number of SpinWait iterations, most of which yield the processor; about as many as ManualResetEventSlim uses.</summary>
    internal const int MostSpins = 35;

    /// <summary>The smallest number of SpinWait iterations, none of which yields: about a microsecond.</summary>
    private const int FewestSpins = 10;

    /// <summary>
    /// After this many sleeps with the fewest iterations a waiter spins longer once, to find out whether spinning pays off again. Otherwise
    /// two threads that wait for each other in turn would always sleep, since a wake-up takes longer than the fewest iterations.
    /// </summary>
    private const int SleepsBeforeTrying = 16;

    private const int SpinsLostBySleeping = 5;

    /// <summary>
    /// The number of polls before the first SpinWait iteration: a fifth of a microsecond, about two transfers of a cache line between cores.
    /// SpinWait iterations quickly get longer, and a signal just after a poll is noticed a whole iteration late.
    /// </summary>
    private const int Polls = 200;

    // Monitor.Wait takes at most int.MaxValue milliseconds; a longer wait is repeated.
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromMilliseconds(int.MaxValue);

    [ThreadStatic]
    private static BlockingWaiter? t_spare;

    /// <summary>How long a thread of the thread pool sleeps before it calls <see cref="IFenceProducer.HelpSleeper"/>.</summary>
    private static readonly TimeSpan s_beforeHelp = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan s_beforeStack = TimeSpan.FromMilliseconds(20);

    private readonly Thread _thread = Thread.CurrentThread;
    private StackTrace? _stack;   // while the contract is checked: the stack of the thread, after it has been blocked for a while
    private string[] _locks = []; // the locks that the thread holds; written before _stack
    private bool _signaled; // under the monitor of this object
    private bool _nudged;   // under the monitor of this object: the timer has fired, or the token was canceled

    internal static FenceStatus Wait(Fence fence, FenceTimeline timeline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        return PollBriefly(fence, timeline) || SpinUntilSignaled(fence, timeline)
            ? fence.Status
            : Sleep(fence, timeline, timeout, cancellationToken);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static FenceStatus Sleep(Fence fence, FenceTimeline timeline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // The cache is empty while the node is in use: the thread may start another wait during this one, from a callback or a message pump.
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
            // The thread was interrupted, or a user's clock threw: the node must be removed from the list.
            fence.TryRemoveCallback(waiter);
            FenceKitEventSource.Log.BlockingWaitStop(fence.Timeline?.Name, fence.Point, FenceStatus.Pending);
            throw;
        }

        return waiter.Finish(fence, cancellationToken);
    }

    internal override void DescribeWaits(Fence fence, List<FenceWait> waits)
    {
        StackTrace? stack = Volatile.Read(ref _stack); // pairs with the write in SleepOnce, after which _locks is valid
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

    /// <summary>Polls for a very short time, which is enough for a signaler on another core that responds immediately.</summary>
    private static bool PollBriefly(Fence fence, FenceTimeline timeline)
    {
        if (default(SpinWait).NextSpinWillYield)
        {
            return false; // a single processor: no other thread can signal while this one polls
        }

        for (int poll = 0; poll < Polls; poll++)
        {
            if (fence.IsSignaled)
            {
                NoteSpinning(timeline);
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Spins before the thread sleeps, as ManualResetEventSlim does: most fences that are waited for signal soon, and a sleep costs two
    /// wake-ups of tens of microseconds. Each sleep on a timeline shortens the next spin, down to a microsecond, so that long waits do not
    /// burn a processor. The full length returns when a spin has succeeded, and from time to time to find out whether it would.
    /// </summary>
    /// <remarks>Not inlined, because a method with a system call, such as Yield, has a more expensive prolog.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool SpinUntilSignaled(Fence fence, FenceTimeline timeline)
    {
        SpinWait spin = default;
        if (spin.NextSpinWillYield)
        {
            return false; // a single processor; see PollBriefly
        }

        int spins = timeline.SpinsBeforeSleep;
        int turns = Math.Max(spins, FewestSpins);
        for (int turn = 0; turn < turns; turn++)
        {
            if (spin.NextSpinWillYield)
            {
                Thread.Yield(); // SpinWait would call Sleep(0) now and then, which throws on an interrupted thread
            }
            else
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }

            if (fence.IsSignaled)
            {
                if (spins != MostSpins)
                {
                    timeline.SpinsBeforeSleep = MostSpins; // written only if it changes, since the signaler uses this cache line
                }

                NoteSpinning(timeline);
                return true;
            }
        }

        // Values below FewestSpins count sleeps.
        timeline.SpinsBeforeSleep = spins > FewestSpins ? Math.Max(FewestSpins, spins - SpinsLostBySleeping)
            : spins > FewestSpins - SleepsBeforeTrying ? spins - 1
            : MostSpins;
        return false;
    }

    /// <summary>Tells signalers that a waiter spins; see <see cref="FenceTimeline.IsPolled"/>.</summary>
    private static void NoteSpinning(FenceTimeline timeline)
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

        // The wait has to end by the user's clock, so that needs a timer; Monitor.Wait uses the system clock.
        using ITimer? timer = limited && clock != TimeProvider.System
            ? clock.CreateTimer(static state => ((BlockingWaiter)state!).Nudge(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : null;
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((BlockingWaiter)state!).Nudge(), this);

        bool poolKnows = PoolThread.BeginSleep(); // outside the monitor, which the signaler needs, since the pool takes a lock of its own
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

                SleepOnce(InMilliseconds(left));
            }
        }
        finally
        {
            Monitor.Exit(this);
        }
    }

    /// <summary>
    /// Sleeps until the user's clock says that the time has run out. Clock and timer are user code, so they are called outside the monitor,
    /// which the signaler needs. The timer may fire inside Change, or before the thread sleeps; _nudged remembers that.
    /// </summary>
    private void SleepByTimer(TimeProvider clock, ITimer timer, long start, TimeSpan timeout, CancellationToken cancellationToken)
    {
        while (!ForgetNudges() && !cancellationToken.IsCancellationRequested) // in this order, since a later cancellation sets _nudged again
        {
            TimeSpan left = timeout - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            // Set again in every iteration: a timer may fire a little before its clock says so.
            timer.ChangeShielded(TimeSpan.FromMilliseconds(InMilliseconds(left)));
            Monitor.Enter(this);
            try
            {
                if (!_signaled && !_nudged)
                {
                    SleepOnce(Timeout.Infinite);
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

    /// <summary>Rounds up: waking a fraction of a millisecond early would spin for the rest of the time.</summary>
    private static int InMilliseconds(TimeSpan left) => (int)Math.Ceiling(Math.Min(left.TotalMilliseconds, s_longestSleep.TotalMilliseconds));

    /// <summary>
    /// Sleeps until the thread is woken. While the contract is checked, a wait that takes longer captures its own stack first, since other
    /// threads cannot.
    /// </summary>
    private void SleepOnce(int milliseconds)
    {
        if (!FenceContract.IsChecked || Volatile.Read(ref _stack) is not null || (uint)milliseconds <= s_beforeStack.TotalMilliseconds)
        {
            Monitor.Wait(this, milliseconds);
        }
        else if (!Monitor.Wait(this, s_beforeStack))
        {
            _locks = FenceAnnotations.DescribeHeldLocks(_thread);
            Volatile.Write(ref _stack, new StackTrace(skipFrames: 1, fNeedFileInfo: false)); // releases _locks; pairs with the read in DescribeWaits
        }
    }

    private FenceStatus Finish(Fence fence, CancellationToken cancellationToken)
    {
        // Either the signaler has fixed the outcome of this node, or the node is removed while the fence is pending. There is no third case,
        // so a wait never reports a timeout for a fence that had signaled.
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

            // Otherwise the signaler has not run this node yet, so the node cannot be reused, and is left to the garbage collector.
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
