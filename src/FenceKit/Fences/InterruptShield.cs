// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Takes a lock that must be taken. A thread that was interrupted (Thread.Interrupt) throws out of a contended lock; in the middle of a
/// transition that would leave it half done. The interrupt is kept for the thread's next wait of its own.
/// </summary>
internal static class InterruptShield
{
    internal static void EnterShielded(this Lock gate)
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
