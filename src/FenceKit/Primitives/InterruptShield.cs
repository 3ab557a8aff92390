// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Does what must be done also by a thread that was interrupted (Thread.Interrupt). Such a thread throws wherever it would sleep: out of a
/// contended lock, and out of the framework's own queues and pools; in the middle of a transition that would leave it half done. The
/// interrupt is kept for the thread's next wait of its own.
/// </summary>
internal static partial class InterruptShield
{
    /// <summary>Enters the lock. An attempt neither sleeps nor throws, so the usual case needs no frame for what is thrown.</summary>
    internal static void EnterShielded(this Lock entered)
    {
        if (!entered.TryEnter())
        {
            EnterContended(entered);
        }

        HeldLocks.Entered(entered);
    }

    /// <summary>Enters the monitor.</summary>
    internal static void EnterShielded(object monitor)
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                Monitor.Enter(monitor);
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        Restore(interrupted);
    }

    /// <summary>Calls <paramref name="action"/> until it is not interrupted.</summary>
    /// <param name="state">Handed to it, so that it needs no closure.</param>
    /// <param name="action">
    /// Something of the framework that does not block but may sleep a moment for another thread. When it throws for an interrupt it has done
    /// nothing yet, or doing it twice is as good as once.
    /// </param>
    internal static void Run<TState>(TState state, Action<TState> action)
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                action(state);
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        Restore(interrupted);
    }

    /// <inheritdoc cref="Run{TState}(TState, Action{TState})"/>
    /// <returns>What it returns.</returns>
    internal static TResult Run<TState, TResult>(TState state, Func<TState, TResult> function)
    {
        bool interrupted = false;
        TResult result;
        while (true)
        {
            try
            {
                result = function(state);
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        Restore(interrupted);
        return result;
    }

    /// <summary>
    /// Gives an interrupt back to the thread after it was caught: code of a user's that ran on this thread has swallowed it, or a call that
    /// was done again.
    /// </summary>
    internal static void Restore(bool wasInterrupted)
    {
        if (wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    private static void EnterContended(Lock entered)
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                entered.Enter();
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        Restore(interrupted);
    }
}
