// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Extensions;

/// <summary>How FenceKit behaves in an application. Read once, when the host starts; checked then.</summary>
[DebuggerDisplay("stuck after {StuckFenceThreshold}, slow after {SlowSubscriberThreshold}")]
public sealed class FenceKitOptions
{
    /// <summary>
    /// From when on a wait for a fence counts as stuck: it is logged once, and the health check fails for as long as it lasts. 30 seconds
    /// unless said otherwise; <see cref="Timeout.InfiniteTimeSpan"/> for never. It is noticed at most a quarter later.
    /// </summary>
    /// <remarks>Choose a limit that no wait of the application should reach. Waits themselves cost nothing for it: who waits is looked at now and then.</remarks>
    public TimeSpan StuckFenceThreshold { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// From when on a subscriber's callback counts as slow, for notifiers that say nothing themselves. 100 milliseconds unless said
    /// otherwise; <see cref="Timeout.InfiniteTimeSpan"/> for never, and then no clock is read.
    /// </summary>
    public TimeSpan SlowSubscriberThreshold { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long the shutdown of a notifier waits for those who still hold memory, for notifiers that say nothing themselves. 10 seconds
    /// unless said otherwise. What is held longer is logged as quarantined.
    /// </summary>
    public TimeSpan ReleaseTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether fences that complete with an error are logged; true unless said otherwise. False: the event is not even written.</summary>
    public bool LogFaults { get; set; } = true;
}
