// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for waiting for a pulse of a <see cref="Monitor"/>, and for the pulse. A waiter releases the monitor and keeps its other
/// locks.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Monitor")]
public static class MonitorWaitCalls
{
    public static bool Wait(object target, LockCallSite site) => Wait(target, Timeout.Infinite, site);

    public static bool Wait(object target, TimeSpan timeout, LockCallSite site)
        => (long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits ? Wait(target, (int)fits, site) : Monitor.Wait(target, timeout); // throws

    public static bool Wait(object target, int millisecondsTimeout, bool exitContext, LockCallSite site) => Wait(target, millisecondsTimeout, site);

    public static bool Wait(object target, TimeSpan timeout, bool exitContext, LockCallSite site) => Wait(target, timeout, site);

    public static bool Wait(object target, int millisecondsTimeout, LockCallSite site)
    {
        if (Session.IsOn && target is not null && Monitor.IsEntered(target))
        {
            Session.Validator.Reenter(target, site);
            if (millisecondsTimeout == Timeout.Infinite)
            {
                Signals.OfMonitor(target, site).Wait(site, target);
            }
        }

        return Monitor.Wait(target!, millisecondsTimeout);
    }

    public static void Pulse(object target, LockCallSite site)
    {
        Note(target, site);
        Monitor.Pulse(target);
    }

    public static void PulseAll(object target, LockCallSite site)
    {
        Note(target, site);
        Monitor.PulseAll(target);
    }

    private static void Note(object target, LockCallSite site)
    {
        if (Session.IsOn && target is not null && Monitor.IsEntered(target))
        {
            Signals.OfMonitor(target, site).Signal(site, target);
        }
    }
}
