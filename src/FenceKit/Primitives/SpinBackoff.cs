// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The turns of a thread that waits for another one to finish a few instructions. It never sleeps, so it neither throws on an interrupted
/// thread nor takes the interrupt away from the thread's next wait.
/// </summary>
/// <remarks>
/// Begins as <see cref="SpinWait"/> does, and goes on with yields alone: SpinWait puts a Sleep(0) in between, from which an interrupt throws
/// (Thread.Interrupt), in the middle of something that is said never to throw. A yield is enough for a holder that was preempted.
/// </remarks>
internal struct SpinBackoff
{
    private SpinWait _spin;

    /// <summary>One turn.</summary>
    internal void Once()
    {
        if (_spin.NextSpinWillYield)
        {
            Thread.Yield();
        }
        else
        {
            _spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
