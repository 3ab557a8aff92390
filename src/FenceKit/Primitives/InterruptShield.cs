// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Takes a lock that must be taken. A thread that was interrupted (Thread.Interrupt) throws out of a contended lock; in the middle of a
/// transition that would leave it half done. The interrupt is kept for the thread's next wait of its own.
/// </summary>
internal static class InterruptShield
{
    /// <summary>An attempt neither sleeps nor throws, so the usual case needs no frame for what is thrown.</summary>
    internal static void EnterShielded(this Lock gate)
    {
        if (!gate.TryEnter())
        {
            EnterContended(gate);
        }
    }

    private static void EnterContended(Lock gate)
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                gate.Enter();
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        RestoreInterrupt(interrupted);
    }

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

        RestoreInterrupt(interrupted);
    }

    private static void RestoreInterrupt(bool interrupted)
    {
        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
