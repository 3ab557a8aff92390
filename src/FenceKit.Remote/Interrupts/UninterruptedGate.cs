// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>
/// A lock for a few instructions, which a thread enters also after it was interrupted (Thread.Interrupt). A schedule, an end and an answer neither throw for an
/// interrupt nor stop halfway, and the thread keeps it for its next wait of its own.
/// </summary>
internal sealed class UninterruptedGate
{
    private readonly Lock _lock = new();

    /// <summary>Enters the lock until the scope is disposed.</summary>
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
                wasInterrupted = true; // nothing was entered
            }
        }
    }
}
