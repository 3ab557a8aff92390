// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

// What the framework does without blocking, but not without sleeping: its queues, pools, timers and tokens spin with SpinWait, or take a lock.
// Each of these throws for an interrupt before it has done anything, or may be done twice.
internal static partial class InterruptShield
{
    /// <summary>Gives work to the thread pool.</summary>
    internal static void Queue(IThreadPoolWorkItem work, bool preferLocal)
    {
        try
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal);
        }
        catch (ThreadInterruptedException)
        {
            // Out of the pool's queue, which has not taken the work yet.
            Run((work, preferLocal), static item => ThreadPool.UnsafeQueueUserWorkItem(item.work, item.preferLocal));
            Restore(wasInterrupted: true);
        }
    }

    /// <inheritdoc cref="Queue(IThreadPoolWorkItem, bool)"/>
    internal static void Queue<TState>(Action<TState> work, TState state, bool preferLocal) => Run(
        (work, state, preferLocal),
        static item => ThreadPool.UnsafeQueueUserWorkItem(item.work, item.state, item.preferLocal));

    /// <summary>Sets the timer anew.</summary>
    internal static void ChangeShielded(this ITimer timer, TimeSpan due) =>
        Run((timer, due), static change => change.timer.Change(change.due, Timeout.InfiniteTimeSpan));

    /// <summary>
    /// Takes an object out of the pool. Apart from interrupts, a pool may throw what it likes: it may be a user's.
    /// </summary>
    internal static T GetShielded<T>(this ObjectPool<T> pool)
        where T : class
    {
        try
        {
            return pool.Get();
        }
        catch (ThreadInterruptedException)
        {
            T item = Run(pool, static pool => pool.Get());
            Restore(wasInterrupted: true);
            return item;
        }
    }

    /// <summary>Gives an object back to the pool.</summary>
    internal static void ReturnShielded<T>(this ObjectPool<T> pool, T item)
        where T : class
    {
        try
        {
            pool.Return(item);
        }
        catch (ThreadInterruptedException)
        {
            Restore(wasInterrupted: true); // it is not known whether the pool has it; to give it back twice would be worse than to lose it
        }
    }

    /// <summary>Registers a callback that may run in here, if the token is canceled; twice, if it does nothing the second time.</summary>
    internal static CancellationTokenRegistration RegisterShielded(
        this CancellationToken token, Action<object?, CancellationToken> callback, object state)
    {
        try
        {
            return token.UnsafeRegister(callback, state);
        }
        catch (ThreadInterruptedException)
        {
            CancellationTokenRegistration registration = Run(
                (token, callback, state), static again => again.token.UnsafeRegister(again.callback, again.state));
            Restore(wasInterrupted: true);
            return registration;
        }
    }

    /// <summary>Takes the registration back, and does not wait for a callback that is under way.</summary>
    internal static void UnregisterShielded(this CancellationTokenRegistration registration)
    {
        try
        {
            registration.Unregister();
        }
        catch (ThreadInterruptedException)
        {
            Run(registration, static registration => registration.Unregister());
            Restore(wasInterrupted: true);
        }
    }
}
