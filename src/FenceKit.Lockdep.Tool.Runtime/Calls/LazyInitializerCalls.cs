// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for those calls of <see cref="LazyInitializer"/> that are given a lock. The framework holds the lock while it runs the code that makes the value, so
/// the lock is entered here before the framework enters it again. While there is no value every caller may be the one that makes it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.LazyInitializer")]
public static class LazyInitializerCalls
{
    public static T EnsureInitialized<T>(ref T target, ref bool initialized, ref object? syncLock, Func<T> valueFactory, LockCallSite site)
    {
        if (!Session.IsOn || Volatile.Read(ref initialized)) // pairs with the write that the original makes when the value is there
        {
            return LazyInitializer.EnsureInitialized(ref target, ref initialized, ref syncLock, valueFactory);
        }

        object gate = GateOf(ref syncLock, site);
        MonitorCalls.Enter(gate, site);
        try
        {
            return LazyInitializer.EnsureInitialized(ref target, ref initialized, ref syncLock, valueFactory);
        }
        finally
        {
            MonitorCalls.Exit(gate);
        }
    }

    public static T EnsureInitialized<T>(ref T? target, ref object? syncLock, Func<T> valueFactory, LockCallSite site)
        where T : class
    {
        if (!Session.IsOn || Volatile.Read(ref target) is not null) // pairs with the write that the original makes when the value is there
        {
            return LazyInitializer.EnsureInitialized(ref target, ref syncLock, valueFactory);
        }

        object gate = GateOf(ref syncLock, site);
        MonitorCalls.Enter(gate, site);
        try
        {
            return LazyInitializer.EnsureInitialized(ref target, ref syncLock, valueFactory);
        }
        finally
        {
            MonitorCalls.Exit(gate);
        }
    }

    // A caller may pass a variable that is still null. The framework then stores a new object in it; the same is done here, with an object that carries its class.
    private static object GateOf(ref object? syncLock, LockCallSite site)
        => Volatile.Read(ref syncLock) ?? Interlocked.CompareExchange(ref syncLock, new LockObject(site), null) ?? syncLock!; // pairs with the exchange of another thread
}
