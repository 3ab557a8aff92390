// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>
/// A short lock that an interrupted thread (Thread.Interrupt) still enters. A schedule, an end and an answer must neither throw because of
/// an interrupt nor stop halfway. The interrupt is restored for the thread's own next wait.
/// </summary>
internal sealed class UninterruptedGate
{
    private readonly Lock _lock = new();

    /// <summary>Enters the lock; disposing the scope leaves it.</summary>
    internal Lock.Scope Enter()
    {
        bool wasInterrupted = false;
        while (true)
        {
            try
            {
                Lock.Scope scope = _lock.EnterScope();
                UninterruptedWork.Restore(wasInterrupted);
                return scope;
            }
            catch (ThreadInterruptedException)
            {
                wasInterrupted = true; // the lock was not entered
            }
        }
    }
}
