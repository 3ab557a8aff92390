// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for calls of <see cref="ManualResetEventSlim"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.ManualResetEventSlim")]
public static class SlimEventCalls
{
    public static ManualResetEventSlim New(LockCallSite site) => Signals.Made(new ManualResetEventSlim(), site);

    public static ManualResetEventSlim New(bool initialState, LockCallSite site)
        => Signals.Made(new ManualResetEventSlim(initialState), initialState, resetsItself: false, site);

    public static ManualResetEventSlim New(bool initialState, int spinCount, LockCallSite site)
        => Signals.Made(new ManualResetEventSlim(initialState, spinCount), initialState, resetsItself: false, site);

    public static void Set(ManualResetEventSlim target, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        target.Set();
    }

    public static void SetUnplaced(ManualResetEventSlim target)
    {
        Signals.Find(target)?.Signal(null);
        target.Set();
    }

    public static void Reset(ManualResetEventSlim target)
    {
        Signals.Find(target)?.IsOpen = false;
        target.Reset();
    }

    public static void Wait(ManualResetEventSlim target, LockCallSite site)
    {
        Signals.Find(target)?.Wait(site);
        target.Wait();
    }

    public static void Wait(ManualResetEventSlim target, CancellationToken cancellationToken, LockCallSite site)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            Signals.Find(target)?.Wait(site); // a waiter that can be canceled is not stuck
        }

        target.Wait(cancellationToken);
    }

    public static bool Wait(ManualResetEventSlim target, int millisecondsTimeout, LockCallSite site)
    {
        if (millisecondsTimeout == Timeout.Infinite)
        {
            Signals.Find(target)?.Wait(site);
        }

        return target.Wait(millisecondsTimeout);
    }
}

/// <summary>Replacement for the constructor of <see cref="ManualResetEvent"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.ManualResetEvent")]
public static class ManualEventCalls
{
    public static ManualResetEvent New(bool initialState, LockCallSite site) => Signals.Made(new ManualResetEvent(initialState), initialState, resetsItself: false, site);
}

/// <summary>Replacement for the constructor of <see cref="AutoResetEvent"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.AutoResetEvent")]
public static class AutoEventCalls
{
    public static AutoResetEvent New(bool initialState, LockCallSite site) => Signals.Made(new AutoResetEvent(initialState), initialState, resetsItself: true, site);
}

/// <summary>Replacements for calls of <see cref="EventWaitHandle"/>. A named one may be signaled by other processes.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.EventWaitHandle")]
public static class EventCalls
{
    public static EventWaitHandle New(bool initialState, EventResetMode mode, LockCallSite site)
        => Signals.Made(new EventWaitHandle(initialState, mode), initialState, mode == EventResetMode.AutoReset, site);

    public static bool Set(EventWaitHandle target, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.Set();
    }

    public static bool SetUnplaced(EventWaitHandle target)
    {
        Signals.Find(target)?.Signal(null);
        return target.Set();
    }

    public static bool Reset(EventWaitHandle target)
    {
        Signals.Find(target)?.IsOpen = false;
        return target.Reset();
    }
}

/// <summary>Replacements for calls of <see cref="CountdownEvent"/>: every signal is needed.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.CountdownEvent")]
public static class CountdownCalls
{
    public static CountdownEvent New(int initialCount, LockCallSite site) => Signals.Made(new CountdownEvent(initialCount), site, needsAll: true);

    public static bool Signal(CountdownEvent target, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.Signal();
    }

    public static bool Signal(CountdownEvent target, int signalCount, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.Signal(signalCount);
    }

    public static void Wait(CountdownEvent target, LockCallSite site)
    {
        Signals.Find(target)?.Wait(site);
        target.Wait();
    }
}
