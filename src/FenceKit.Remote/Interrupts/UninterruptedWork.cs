// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>
/// What the framework does without blocking, but not without sleeping: its queues, timers and pool spin, or take a lock, and throw for a thread that was
/// interrupted (Thread.Interrupt). Each of them throws before it has done anything, or may be done twice; so it is done again, and the thread keeps the interrupt.
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

    /// <summary>Sets the timer anew, to fire once.</summary>
    internal static void SetTo(this ITimer timer, TimeSpan due) =>
        Run((timer, due), static change => change.timer.Change(change.due, Timeout.InfiniteTimeSpan));

    /// <summary>Gives back an interrupt that was caught. Also one that came out of code of others, which is caught whatever it throws.</summary>
    internal static void Restore(bool wasInterrupted)
    {
        if (wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
