// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// A spin-wait for another thread that needs only a few more instructions. It never sleeps, so it neither throws on an interrupted thread nor
/// consumes the interrupt.
/// </summary>
/// <remarks>
/// Starts like <see cref="SpinWait"/>, and then only yields: SpinWait calls Sleep(0) now and then, which throws on an interrupted thread.
/// Yielding is enough to let a preempted thread continue.
/// </remarks>
internal struct SpinBackoff
{
    private SpinWait _spin;

    /// <summary>Spins or yields once.</summary>
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
