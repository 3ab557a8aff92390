// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for calls of <see cref="Timer"/>: <c>Dispose(WaitHandle)</c> exists to wait for the callback.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Timer")]
public static class TimerCalls
{
    private static readonly ConditionalWeakTable<Timer, RunningCallback> s_running = [];

    private static readonly ConditionalWeakTable<WaitHandle, RunningCallback> s_ends = [];

    public static Timer New(TimerCallback callback, LockCallSite site)
    {
        Timer? self = null; // the state argument of the callback of such a timer; the timer is not due before it is changed
        return self = Known(callback, site, wrapped => new Timer(_ => wrapped(self)));
    }

    public static Timer New(TimerCallback callback, object? state, int dueTime, int period, LockCallSite site)
        => Known(callback, site, wrapped => new Timer(wrapped, state, dueTime, period));

    public static Timer New(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period, LockCallSite site)
        => Known(callback, site, wrapped => new Timer(wrapped, state, dueTime, period));

    public static Timer New(TimerCallback callback, object? state, long dueTime, long period, LockCallSite site)
        => Known(callback, site, wrapped => new Timer(wrapped, state, dueTime, period));

    public static Timer New(TimerCallback callback, object? state, uint dueTime, uint period, LockCallSite site)
        => Known(callback, site, wrapped => new Timer(wrapped, state, dueTime, period));

    public static bool Dispose(Timer target, WaitHandle notifyObject)
    {
        if (Session.IsOn && target is not null && notifyObject is not null && s_running.TryGetValue(target, out RunningCallback? running))
        {
            s_ends.AddOrUpdate(notifyObject, running); // a waiter for the handle waits for the callback
            Signals.Find(notifyObject)?.Free();
        }

        return target!.Dispose(notifyObject!);
    }

    public static ValueTask DisposeAsync(Timer target, LockCallSite site)
    {
        if (Session.IsOn && target is not null && s_running.TryGetValue(target, out RunningCallback? running))
        {
            running.WaitFor(site);
        }

        return target!.DisposeAsync();
    }

    /// <summary>Returns the callback whose end a handle signals, or null.</summary>
    internal static RunningCallback? EndedBy(WaitHandle? handle) => Session.IsOn && handle is not null && s_ends.TryGetValue(handle, out RunningCallback? running) ? running : null;

    private static Timer Known(TimerCallback callback, LockCallSite site, Func<TimerCallback, Timer> make)
    {
        if (!Session.IsOn || callback is null)
        {
            return make(callback!);
        }

        RunningCallback running = new(site, callback);
        Timer timer = make(new TimerCallback(running.Wrap(callback.Invoke)));
        s_running.Add(timer, running);
        return timer;
    }
}
