// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// A lock that an interrupted thread (Thread.Interrupt) still enters. The validator is called from code that neither blocks nor throws, and
/// an interrupt inside the validator's own lock would surface in that code. The interrupt is restored for the thread's next wait.
/// </summary>
internal sealed class UninterruptedLock
{
    private readonly Lock _lock = new();

    /// <summary>Enters the lock; disposing the scope leaves it.</summary>
    public Lock.Scope EnterScope()
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                Lock.Scope scope = _lock.EnterScope();
                if (interrupted)
                {
                    Thread.CurrentThread.Interrupt();
                }

                return scope;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }
    }
}
