// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

// Calls of the framework's queues, pools, timers and tokens. They do not block for long, but they may spin with SpinWait or take a lock, and
// so may throw when the thread was interrupted. Each of them throws before it has had an effect, or may be called twice.
internal static partial class InterruptShield
{
    /// <summary>Queues work to the thread pool.</summary>
    internal static void Queue(IThreadPoolWorkItem work, bool preferLocal)
    {
        try
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal);
        }
        catch (ThreadInterruptedException)
        {
            // Thrown before the work was queued.
            Run((work, preferLocal), static item => ThreadPool.UnsafeQueueUserWorkItem(item.work, item.preferLocal));
            Restore(wasInterrupted: true);
        }
    }

    /// <inheritdoc cref="Queue(IThreadPoolWorkItem, bool)"/>
    internal static void Queue<TState>(Action<TState> work, TState state, bool preferLocal) => Run(
        (work, state, preferLocal),
        static item => ThreadPool.UnsafeQueueUserWorkItem(item.work, item.state, item.preferLocal));

    /// <summary>Sets the timer to a new due time.</summary>
    internal static void ChangeShielded(this ITimer timer, TimeSpan due) =>
        Run((timer, due), static change => change.timer.Change(change.due, Timeout.InfiniteTimeSpan));

    /// <summary>Gets an object from a pool. Exceptions other than interrupts are passed on: the pool may be user code.</summary>
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

    /// <summary>Returns an object to a pool.</summary>
    internal static void ReturnShielded<T>(this ObjectPool<T> pool, T item)
        where T : class
    {
        try
        {
            pool.Return(item);
        }
        catch (ThreadInterruptedException)
        {
            Restore(wasInterrupted: true); // the pool may have it already; losing an object is better than returning it twice
        }
    }

    /// <summary>
    /// Registers a callback. If the token is canceled, the callback runs inside this call, perhaps twice; the second run must have no effect.
    /// </summary>
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

    /// <summary>Removes a registration, without waiting for a callback that is running.</summary>
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
