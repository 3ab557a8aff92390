// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="Thread"/>: a thread that joins another one waits for all locks that the other acquires.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Thread")]
public static class ThreadCalls
{
    private static readonly ConditionalWeakTable<Thread, LockFork> s_forks = [];

    public static Thread New(ThreadStart start) => New(start, 0);

    public static Thread New(ThreadStart start, int maxStackSize)
    {
        if (!Session.IsOn || start is null)
        {
            return new Thread(start!, maxStackSize);
        }

        LockFork fork = StartedWork.Begin();
        return Known(fork, new Thread(new ThreadStart(StartedWork.Wrap(fork, start.Invoke)), maxStackSize));
    }

    public static Thread New(ParameterizedThreadStart start) => New(start, 0);

    public static Thread New(ParameterizedThreadStart start, int maxStackSize)
    {
        if (!Session.IsOn || start is null)
        {
            return new Thread(start!, maxStackSize);
        }

        LockFork fork = StartedWork.Begin();
        return Known(fork, new Thread(argument => StartedWork.Wrap(fork, () => start(argument))(), maxStackSize));
    }

    public static void Join(Thread target, LockCallSite site)
    {
        LockFork? fork = null;
        if (Session.IsOn && target is not null && s_forks.TryGetValue(target, out fork))
        {
            Session.Validator.Join(fork, blocks: true);
        }

        using HangWatch.Waiting waiting = HangWatch.Wait(fork, site);
        target!.Join();
    }

    public static bool Join(Thread target, int millisecondsTimeout, LockCallSite site)
    {
        if (millisecondsTimeout != Timeout.Infinite)
        {
            return target.Join(millisecondsTimeout);
        }

        Join(target, site);
        return true;
    }

    private static Thread Known(LockFork fork, Thread thread)
    {
        s_forks.Add(thread, fork);
        return thread;
    }
}
