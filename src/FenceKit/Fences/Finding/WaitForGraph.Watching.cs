// SPDX-License-Identifier: MIT
namespace FenceKit;

// The watch for waits that last too long.
public sealed partial class WaitForGraph
{
    /// <summary>
    /// Reports the graph when a wait for a fence lasts longer than a limit: by the event StuckWait of the event source FenceKit, and to a
    /// delegate. Each such wait is reported once.
    /// </summary>
    /// <param name="limit">The duration from which on a wait counts as stuck. A stuck wait is noticed with a delay of at most half the limit.</param>
    /// <param name="onStuck">
    /// Called on a thread of the timer, with the present graph; null for none. An exception is caught and reported by
    /// <see cref="FenceTimeline.CallbackFaulted"/>.
    /// </param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    /// <returns>The watch. Dispose it to end it.</returns>
    /// <remarks>
    /// The watch looks four times per limit, so that the waits themselves read no clock and cost nothing more. Awaits and callbacks count
    /// like blocked threads. Choose a limit that no wait of the program should reach.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not positive, or beyond 49 days.</exception>
    public static IDisposable Watch(TimeSpan limit, Action<WaitForGraph>? onStuck = null, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        FenceThrow.IfBeyondTimers(limit);
        return new StuckWaitWatch(limit, onStuck, timeProvider ?? TimeProvider.System);
    }
}
