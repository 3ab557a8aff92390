// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// A lock that a thread enters also after it was interrupted (Thread.Interrupt). The validator is asked from code that neither blocks nor throws,
/// and an interrupt that came out of the validator's own lock would come out of that code. The thread gets it back for its next wait.
/// </summary>
internal sealed class UninterruptedLock
{
    private readonly Lock _lock = new();

    /// <summary>Enters the lock until the scope is disposed.</summary>
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
