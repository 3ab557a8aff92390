// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>
/// Calls framework code that does not block but may sleep: queues, timers and the thread pool spin or take a lock, and throw on a thread
/// that was interrupted (Thread.Interrupt). Each of them throws before it has any effect, or may be repeated; so it is repeated, and the
/// interrupt is restored afterwards.
/// </summary>
internal static class UninterruptedWork
{
    internal static void Run<TState>(TState state, Action<TState> action) => Run((state, action), static work =>
    {
        work.action(work.state);
        return true;
    });

    /// <summary>Calls <paramref name="function"/> until it is not interrupted.</summary>
    internal static TResult Run<TState, TResult>(TState state, Func<TState, TResult> function)
    {
        bool wasInterrupted = false;
        while (true)
        {
            try
            {
                TResult result = function(state);
                Restore(wasInterrupted);
                return result;
            }
            catch (ThreadInterruptedException)
            {
                wasInterrupted = true;
            }
        }
    }

    internal static void Queue(IThreadPoolWorkItem work) =>
        Run(work, static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false));

    /// <summary>Sets the timer to fire once.</summary>
    internal static void SetTo(this ITimer timer, TimeSpan due) =>
        Run((timer, due), static change => change.timer.Change(change.due, Timeout.InfiniteTimeSpan));

    /// <summary>
    /// Restores an interrupt that was caught, even one that came out of foreign code and was caught with any other exception.
    /// </summary>
    internal static void Restore(bool wasInterrupted)
    {
        if (wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
