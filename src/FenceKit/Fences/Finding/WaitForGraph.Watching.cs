// SPDX-License-Identifier: MIT
namespace FenceKit;

// Waits that last too long.
public sealed partial class WaitForGraph
{
    /// <summary>
    /// Writes the graph out when a wait for a fence lasts longer than a limit: to the event source FenceKit (event StuckWait), and to
    /// the receiver given here. Once for each such wait.
    /// </summary>
    /// <param name="limit">From when on a wait counts as stuck. It is noticed at most half a limit later.</param>
    /// <param name="onStuck">Told on a thread of the clock, with the graph of that moment; null for nobody. An exception is not caught.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <returns>The watch; dispose it to end it.</returns>
    /// <remarks>
    /// It looks four times in every limit, so waits themselves read no clock and cost nothing. Awaits and callbacks count like blocked
    /// threads: every fence signals in finite time. Choose a limit that no wait of the program should reach.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not positive, or beyond 49 days.</exception>
    public static IDisposable Watch(TimeSpan limit, Action<WaitForGraph>? onStuck = null, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        FenceThrow.IfBeyondTimers(limit);
        return new StuckWaitWatch(limit, onStuck, timeProvider ?? TimeProvider.System);
    }
}
