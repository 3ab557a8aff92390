// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;

namespace FenceKit.Tests;

/// <summary>A thread of a test: without a SynchronizationContext, joined within the limit, and its exception fails the test.</summary>
internal sealed class TestThread
{
    private readonly Thread _thread;
    private volatile ExceptionDispatchInfo? _failure;

    private TestThread(Action body, int stackSize = 0)
    {
        _thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
        }, stackSize)
        {
            IsBackground = true,
        };
    }

    internal static TestThread Start(Action body)
    {
        TestThread thread = new(body);
        thread._thread.Start();
        return thread;
    }

    /// <summary>Runs the bodies at the same time and waits for all.</summary>
    internal static void RunTogether(params Action[] bodies)
    {
        using Barrier start = new(bodies.Length);
        TestThread[] threads = [.. bodies.Select(body => Start(() =>
        {
            Limit.On(start);
            body();
        }))];

        // The one that failed is the one to hear about, not those that wait for it in vain.
        long end = Environment.TickCount64 + (long)Limit.Time.TotalMilliseconds;
        while (Environment.TickCount64 < end && Array.Exists(threads, thread => !thread._thread.Join(millisecondsTimeout: 1)))
        {
            Array.Find(threads, thread => thread._failure is not null)?._failure!.Throw();
        }

        Array.ForEach(threads, thread => thread.Join());
    }

    /// <summary>Runs the body on a fresh thread without any context and waits for it.</summary>
    internal static void Run(Action body) => Start(body).Join();

    /// <summary>Runs the body on a fresh thread with so small a stack that a few hundred nested calls use it up.</summary>
    internal static void RunOnSmallStack(Action body)
    {
        TestThread thread = new(body, stackSize: 256 * 1024);
        thread._thread.Start();
        thread.Join();
    }

    internal int Id => _thread.ManagedThreadId;

    /// <summary>Until the thread sleeps in a wait.</summary>
    internal void UntilBlocked() => Limit.Until(
        () => (_thread.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0, "The thread blocking in its wait");

    internal bool HasEnded => (_thread.ThreadState & ThreadState.Stopped) != 0;

    internal void Interrupt() => _thread.Interrupt();

    internal void Join()
    {
        Assert.True(_thread.Join(Limit.Time), $"The thread did not end within {Limit.Time.TotalSeconds} s.");
        _failure?.Throw();
    }
}
