// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>The signals of this process, by the object that is waited for.</summary>
internal static class Signals
{
    private static readonly ConditionalWeakTable<object, SignalState> s_states = [];

    private static bool s_isAny; // only ever set: until then nothing need be looked up

    /// <summary>Whether there is anything to be found.</summary>
    public static bool IsAny => Volatile.Read(ref s_isAny); // pairs with the write in Made; whoever waits has the object from there

    /// <summary>Something is made here that is signaled.</summary>
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

    /// <summary>An event is made here.</summary>
    public static TSignal Made<TSignal>(TSignal target, bool isOpen, bool resetsItself, LockCallSite site)
        where TSignal : class
    {
        Made(target, site);
        if (isOpen && Find(target) is { } state)
        {
            if (resetsItself)
            {
                state.Free(); // the first who waits does not wait for anybody
            }

            state.IsOpen = !resetsItself;
        }

        return target;
    }

    /// <summary>The pulses of a monitor.</summary>
    public static SignalState OfMonitor(object target, LockCallSite site)
        => s_states.GetValue(target, key => new SignalState($"pulse of {(key is LockObject tagged ? tagged.Map : Session.Validator.MapOf(key, site.ClassFor(key))).Class.Name}"));

    /// <summary>What is known of it; null where it was made by somebody else, who may signal it too.</summary>
    public static SignalState? Find(object? target)
        => Session.IsOn && target is not null && s_states.TryGetValue(target, out SignalState? state) ? state : null;
}
