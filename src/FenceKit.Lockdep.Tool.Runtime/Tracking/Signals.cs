// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>The signal states of this process, by the object that is waited for.</summary>
internal static class Signals
{
    private static readonly ConditionalWeakTable<object, SignalState> s_states = [];

    private static bool s_isAny; // never reset; while false, no lookup is needed

    /// <summary>Whether there are any signal states.</summary>
    public static bool IsAny => Volatile.Read(ref s_isAny); // pairs with the write in Made; a waiter got the object from there

    /// <summary>Records the creation of an object that can be signaled.</summary>
    public static TSignal Made<TSignal>(TSignal target, LockCallSite site, bool needsAll = false)
        where TSignal : class
    {
        if (Session.IsOn)
        {
            s_states.AddOrUpdate(target, new SignalState(site.Named().Name, needsAll));
            Volatile.Write(ref s_isAny, true); // pairs with the read in IsAny
        }

        return target;
    }

    /// <summary>Records that another object signals what an object waits for.</summary>
    public static void Share(object waitedFor, object signaled)
    {
        if (Find(waitedFor) is { } state)
        {
            s_states.AddOrUpdate(signaled, state);
        }
    }

    /// <summary>Records the creation of an event.</summary>
    public static TSignal Made<TSignal>(TSignal target, bool isOpen, bool resetsItself, LockCallSite site)
        where TSignal : class
    {
        Made(target, site);
        if (isOpen && Find(target) is { } state)
        {
            if (resetsItself)
            {
                state.Free(); // the first waiter does not wait for a signaler
            }

            state.IsOpen = !resetsItself;
        }

        return target;
    }

    /// <summary>Returns the signal state for the pulses of a monitor.</summary>
    public static SignalState OfMonitor(object target, LockCallSite site)
        => s_states.GetValue(target, key => new SignalState($"pulse of {(key is LockObject tagged ? tagged.Map : Session.Validator.MapOf(key, site.ClassFor(key))).Class.Name}"));

    /// <summary>Returns the state of an object; null if other code created it, which may signal it too.</summary>
    public static SignalState? Find(object? target)
        => Session.IsOn && target is not null && s_states.TryGetValue(target, out SignalState? state) ? state : null;
}
