// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for the constructors and the release of <see cref="Mutex"/>. Objects with the same name are one lock.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Mutex")]
public static class MutexCalls
{
    private static readonly ConcurrentDictionary<string, LockMap> s_named = new(StringComparer.Ordinal);
    private static readonly ConditionalWeakTable<Mutex, LockMap> s_maps = [];

    public static Mutex New(LockCallSite site) => Known(new Mutex(), isOwned: false, null, site);

    public static Mutex New(bool initiallyOwned, LockCallSite site) => Known(new Mutex(initiallyOwned), initiallyOwned, null, site);

    public static Mutex New(bool initiallyOwned, string? name, LockCallSite site)
    {
        var mutex = new Mutex(initiallyOwned, name, out bool isNew);
        return Known(mutex, initiallyOwned && isNew, name, site);
    }

    public static Mutex New(bool initiallyOwned, string? name, out bool createdNew, LockCallSite site)
        => Known(new Mutex(initiallyOwned, name, out createdNew), initiallyOwned && createdNew, name, site);

    public static Mutex New(bool initiallyOwned, string? name, NamedWaitHandleOptions options, LockCallSite site)
    {
        var mutex = new Mutex(initiallyOwned, name, options, out bool isNew);
        return Known(mutex, initiallyOwned && isNew, name, site);
    }

    public static Mutex New(bool initiallyOwned, string? name, NamedWaitHandleOptions options, out bool createdNew, LockCallSite site)
        => Known(new Mutex(initiallyOwned, name, options, out createdNew), initiallyOwned && createdNew, name, site);

    public static Mutex New(string? name, NamedWaitHandleOptions options, LockCallSite site) => Known(new Mutex(name, options), isOwned: false, name, site);

    public static Mutex OpenExisting(string name, LockCallSite site) => Known(Mutex.OpenExisting(name), isOwned: false, name, site);

    public static Mutex OpenExisting(string name, NamedWaitHandleOptions options, LockCallSite site) => Known(Mutex.OpenExisting(name, options), isOwned: false, name, site);

    public static bool TryOpenExisting(string name, out Mutex? result, LockCallSite site)
    {
        bool isThere = Mutex.TryOpenExisting(name, out result);
        result = isThere ? Known(result!, isOwned: false, name, site) : result;
        return isThere;
    }

    public static bool TryOpenExisting(string name, NamedWaitHandleOptions options, out Mutex? result, LockCallSite site)
    {
        bool isThere = Mutex.TryOpenExisting(name, options, out result);
        result = isThere ? Known(result!, isOwned: false, name, site) : result;
        return isThere;
    }

    public static void ReleaseMutex(Mutex target)
    {
        target.ReleaseMutex();
        if (Session.IsOn && s_maps.TryGetValue(target, out LockMap? map))
        {
            Session.Validator.ReleaseIfHeld(map);
        }
    }

    internal static LockMap? MapOf(WaitHandle? handle) => Session.IsOn && handle is Mutex mutex && s_maps.TryGetValue(mutex, out LockMap? map) ? map : null;

    /// <summary>Records that this thread has acquired one of several handles that it waited for.</summary>
    internal static void Taken(WaitHandle handle, LockCallSite site)
    {
        if (MapOf(handle) is { } map)
        {
            Session.Validator.Acquire(map, AcquireShape.Of(LockAcquireMode.Exclusive, LockAttempt.Try), site);
        }
    }

    private static Mutex Known(Mutex mutex, bool isOwned, string? name, LockCallSite site)
    {
        if (Session.IsOn)
        {
            using var ignored = LockValidator.Ignore();
            LockMap map = string.IsNullOrEmpty(name)
                ? new LockMap(site.Named()) { IsReentrant = true }
                : s_named.GetOrAdd(name, static key => new LockMap(LockClasses.Of($"Mutex {key}"), "named") { IsReentrant = true });
            s_maps.Add(mutex, map);
            if (!isOwned)
            {
                return mutex;
            }
        }

        if (Session.IsOn && MapOf(mutex) is { } owned)
        {
            Session.Validator.Acquire(owned, AcquireShape.Of(LockAcquireMode.Exclusive, LockAttempt.Try), site);
        }

        return mutex;
    }
}

/// <summary>Replacements for waiting for a handle; for a <see cref="Mutex"/> that is acquiring a lock.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.WaitHandle")]
public static class WaitHandleCalls
{
    public static bool WaitOne(WaitHandle target, LockCallSite site) => WaitOne(target, Timeout.Infinite, site);

    public static bool WaitOne(WaitHandle target, bool exitContext, LockCallSite site) => WaitOne(target, Timeout.Infinite, site);

    public static bool WaitOne(WaitHandle target, int millisecondsTimeout, bool exitContext, LockCallSite site) => WaitOne(target, millisecondsTimeout, site);

    public static bool WaitOne(WaitHandle target, TimeSpan timeout, bool exitContext, LockCallSite site) => WaitOne(target, timeout, site);

    public static bool WaitOne(WaitHandle target, TimeSpan timeout, LockCallSite site)
        => (long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits ? WaitOne(target, (int)fits, site) : target.WaitOne(timeout); // throws

    public static bool WaitAll(WaitHandle[] waitHandles, LockCallSite site) => WaitAll(waitHandles, Timeout.Infinite, site);

    public static bool WaitAll(WaitHandle[] waitHandles, int millisecondsTimeout, LockCallSite site)
    {
        bool waits = Session.IsOn && millisecondsTimeout == Timeout.Infinite;
        foreach (WaitHandle handle in waits ? waitHandles ?? [] : [])
        {
            Signals.Find(handle)?.Wait(site);
            TimerCalls.EndedBy(handle)?.WaitFor(site);
            if (MutexCalls.MapOf(handle) is { } map)
            {
                Session.Validator.Acquire(map, AcquireShape.Of(LockAcquireMode.Exclusive), site);
                Session.Validator.ReleaseIfHeld(map);
            }
        }

        bool areAll = WaitHandle.WaitAll(waitHandles!, millisecondsTimeout);
        foreach (WaitHandle handle in areAll ? waitHandles! : [])
        {
            MutexCalls.Taken(handle, site);
        }

        return areAll;
    }

    public static bool WaitAll(WaitHandle[] waitHandles, TimeSpan timeout, LockCallSite site)
        => (long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits ? WaitAll(waitHandles, (int)fits, site) : WaitHandle.WaitAll(waitHandles, timeout); // throws

    public static int WaitAny(WaitHandle[] waitHandles, TimeSpan timeout, LockCallSite site)
        => (long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits ? WaitAny(waitHandles, (int)fits, site) : WaitHandle.WaitAny(waitHandles, timeout); // throws

    public static int WaitAny(WaitHandle[] waitHandles, LockCallSite site) => WaitAny(waitHandles, Timeout.Infinite, site);

    public static int WaitAny(WaitHandle[] waitHandles, int millisecondsTimeout, LockCallSite site)
    {
        int index = WaitHandle.WaitAny(waitHandles, millisecondsTimeout);
        if (index != WaitHandle.WaitTimeout)
        {
            MutexCalls.Taken(waitHandles[index], site);
        }

        return index;
    }

    public static bool WaitOne(WaitHandle target, int millisecondsTimeout, LockCallSite site)
    {
        if (MutexCalls.MapOf(target) is not { } map)
        {
            RunningCallback? callback = null;
            if (Session.IsOn && millisecondsTimeout == Timeout.Infinite)
            {
                Signals.Find(target)?.Wait(site);
                callback = TimerCalls.EndedBy(target);
                callback?.WaitFor(site);
            }

            using HangWatch.Waiting waiting = HangWatch.Wait(callback?.Map, site);
            return target.WaitOne(millisecondsTimeout);
        }

        bool waits = millisecondsTimeout == Timeout.Infinite;
        if (waits)
        {
            Session.Validator.Acquire(map, AcquireShape.Of(LockAcquireMode.Exclusive), site);
        }

        bool isTaken = false;
        try
        {
            isTaken = HangWatch.Run(target, map, millisecondsTimeout, site, static (handle, milliseconds) => handle.WaitOne(milliseconds));
        }
        catch (AbandonedMutexException)
        {
            isTaken = true; // the thread holds it nevertheless
            throw;
        }
        finally
        {
            if (waits && !isTaken)
            {
                Session.Validator.ReleaseIfHeld(map);
            }
            else if (!waits && isTaken)
            {
                Session.Validator.Acquire(map, AcquireShape.Of(LockAcquireMode.Exclusive, LockAttempt.Try), site);
            }
        }

        return isTaken;
    }
}
