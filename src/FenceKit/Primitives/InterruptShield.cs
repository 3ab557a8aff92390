// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Protects internal code from Thread.Interrupt. A thread that was interrupted throws wherever it would sleep: in a contended lock, and in
/// the framework's queues and pools. In the middle of a state transition that would leave the transition half done. The members of this class
/// complete the call, and then interrupt the thread again, so that its next wait outside FenceKit throws.
/// </summary>
internal static partial class InterruptShield
{
    /// <summary>Enters the lock. TryEnter neither sleeps nor throws, so the uncontended case needs no exception handler.</summary>
    internal static void EnterShielded(this Lock entered)
    {
        if (!entered.TryEnter())
        {
            Run(entered, static entered => entered.Enter());
        }

        HeldLocks.Entered(entered);
    }

    /// <summary>Enters the lock, as <see cref="EnterShielded(Lock)"/> does, until the scope is disposed.</summary>
    internal static ShieldedScope EnterShieldedScope(this Lock entered)
    {
        entered.EnterShielded();
        return new ShieldedScope(entered);
    }

    /// <summary>Enters the monitor.</summary>
    internal static void EnterShielded(object monitor) => Run(monitor, static monitor => Monitor.Enter(monitor));

    /// <summary>Repeats <paramref name="action"/> until no interrupt ends it.</summary>
    /// <param name="state">The argument of the action, which saves a closure.</param>
    /// <param name="action">
    /// A call of the framework that may sleep for a moment. If an interrupt ends it, it must have had no effect, or be harmless to repeat.
    /// </param>
    internal static void Run<TState>(TState state, Action<TState> action) =>
        Run((state, action), static call =>
        {
            call.action(call.state);
            return true;
        });

    /// <inheritdoc cref="Run{TState}(TState, Action{TState})"/>
    /// <returns>The result of the call.</returns>
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
    /// Interrupts the thread again after an interrupt was caught, in a call that was repeated, or in user code that ran on this thread.
    /// </summary>
    internal static void Restore(bool wasInterrupted)
    {
        if (wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    /// <summary>Leaves the lock when it is disposed.</summary>
    internal readonly ref struct ShieldedScope(Lock entered)
    {
        public void Dispose() => entered.Exit();
    }
}
