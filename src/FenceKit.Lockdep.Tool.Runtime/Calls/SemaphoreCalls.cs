// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="SemaphoreSlim"/>. A semaphore that was created without a permit is a signal, and is ignored.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.SemaphoreSlim")]
public static class SemaphoreCalls
{
    private static readonly ConditionalWeakTable<SemaphoreSlim, SemaphoreState> s_states = [];

    internal static void Made(SemaphoreSlim target, LockCallSite site)
    {
        if (target.CurrentCount > 0)
        {
            s_states.AddOrUpdate(target, new SemaphoreState(new LockMap(site.Named(), null, target.CurrentCount)));
        }
        else
        {
            Signals.Made(target, site);
        }
    }

    public static void Wait(SemaphoreSlim target, LockCallSite site) => Wait(target, Timeout.Infinite, CancellationToken.None, site);

    public static void Wait(SemaphoreSlim target, CancellationToken cancellationToken, LockCallSite site)
        => Wait(target, Timeout.Infinite, cancellationToken, site);

    public static bool Wait(SemaphoreSlim target, int millisecondsTimeout, LockCallSite site)
        => Wait(target, millisecondsTimeout, CancellationToken.None, site);

    public static bool Wait(SemaphoreSlim target, TimeSpan timeout, LockCallSite site) => Wait(target, timeout, CancellationToken.None, site);

    public static bool Wait(SemaphoreSlim target, TimeSpan timeout, CancellationToken cancellationToken, LockCallSite site)
        => (long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits
            ? Wait(target, (int)fits, cancellationToken, site)
            : target.Wait(timeout, cancellationToken); // throws

    public static bool Wait(SemaphoreSlim target, int millisecondsTimeout, CancellationToken cancellationToken, LockCallSite site)
    {
        if (StateOf(target) is not { } state)
        {
            if (millisecondsTimeout == Timeout.Infinite && !cancellationToken.CanBeCanceled)
            {
                Signals.Find(target)?.Wait(site); // who can be called off is not lost
            }

            return target.Wait(millisecondsTimeout, cancellationToken);
        }

        PendingHold pending = Announce(state, millisecondsTimeout, site);
        bool isTaken = HangWatch.Run(
            (target, cancellationToken), state.Map, millisecondsTimeout, site, static (wait, milliseconds) => wait.target.Wait(milliseconds, wait.cancellationToken),
            isAnnounced: false);
        if (isTaken)
        {
            state.Hold(pending, site);
        }

        return isTaken;
    }

    public static Task WaitAsync(SemaphoreSlim target, LockCallSite site)
        => StateOf(target) is { } state ? Noted(state, Timeout.Infinite, site, target.WaitAsync()) : Awaited(target, target.WaitAsync());

    public static Task WaitAsync(SemaphoreSlim target, CancellationToken cancellationToken, LockCallSite site)
        => StateOf(target) is { } state ? Noted(state, Timeout.Infinite, site, target.WaitAsync(cancellationToken))
            : cancellationToken.CanBeCanceled ? target.WaitAsync(cancellationToken) : Awaited(target, target.WaitAsync(cancellationToken));

    public static Task<bool> WaitAsync(SemaphoreSlim target, int millisecondsTimeout, LockCallSite site)
        => WaitAsync(target, millisecondsTimeout, CancellationToken.None, site);

    public static Task<bool> WaitAsync(SemaphoreSlim target, TimeSpan timeout, LockCallSite site) => WaitAsync(target, timeout, CancellationToken.None, site);

    public static Task<bool> WaitAsync(SemaphoreSlim target, TimeSpan timeout, CancellationToken cancellationToken, LockCallSite site)
        => (long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits
            ? WaitAsync(target, (int)fits, cancellationToken, site)
            : target.WaitAsync(timeout, cancellationToken); // throws

    public static Task<bool> WaitAsync(SemaphoreSlim target, int millisecondsTimeout, CancellationToken cancellationToken, LockCallSite site)
        => StateOf(target) is { } state
            ? (Task<bool>)Noted(state, millisecondsTimeout, site, target.WaitAsync(millisecondsTimeout, cancellationToken))
            : target.WaitAsync(millisecondsTimeout, cancellationToken);

    public static int Release(SemaphoreSlim target) => Release(target, 1);

    public static int Release(SemaphoreSlim target, int releaseCount)
    {
        if (StateOf(target) is not { } state)
        {
            Signals.Find(target)?.Signal(null);
            return target.Release(releaseCount);
        }

        List<FlowNode>? taken = null;
        for (int i = 0; i < releaseCount && !state.IsSignal; i++)
        {
            if (state.Take() is { } node)
            {
                (taken ??= []).Add(node);
            }
        }

        try
        {
            return target.Release(releaseCount);
        }
        finally
        {
            taken?.ForEach(static node => Session.Validator.ReleaseHold(node));
        }
    }

    private static SemaphoreState? StateOf(SemaphoreSlim? target)
        => Session.IsOn && target is not null && s_states.TryGetValue(target, out SemaphoreState? state) && !state.IsSignal ? state : null;

    private static PendingHold Announce(SemaphoreState state, int milliseconds, LockCallSite site)
    {
        bool waits = milliseconds == Timeout.Infinite;
        PendingHold pending = SemaphoreState.PendingOf(state.Map, waits ? LockAttempt.Blocking : LockAttempt.Try, site);
        if (waits)
        {
            state.Announce(pending);
        }

        return pending;
    }

    // Whoever awaits it waits for somebody who releases.
    private static Task Awaited(SemaphoreSlim target, Task wait)
    {
        if (Signals.Find(target) is { } signal)
        {
            new TaskNote { Signal = signal }.Attach(wait);
        }

        return wait;
    }

    // Announced after the wait has begun: the wait does not block, and one that cannot begin throws first.
    private static Task Noted(SemaphoreState state, int milliseconds, LockCallSite site, Task wait)
    {
        PendingHold pending = Announce(state, milliseconds, site);
        new TaskNote { Semaphore = state, Pending = pending }.Attach(wait);
        if (Session.WatchesHangs && !wait.IsCompleted)
        {
            HangWatch.Follow(wait, state.Map, site);
        }

        return wait;
    }
}
