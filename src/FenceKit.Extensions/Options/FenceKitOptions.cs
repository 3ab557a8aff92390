// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Extensions;

/// <summary>The common options of FenceKit in an application. Read and validated once, when the host starts.</summary>
[DebuggerDisplay("stuck after {StuckFenceThreshold}, slow after {SlowSubscriberThreshold}")]
public sealed class FenceKitOptions
{
    /// <summary>
    /// The duration from which on a wait for a fence counts as stuck: it is logged once, and the health check fails as long as it lasts. 30
    /// seconds by default; <see cref="Timeout.InfiniteTimeSpan"/> for never. A stuck wait is noticed with a delay of at most a quarter of
    /// this duration.
    /// </summary>
    /// <remarks>Choose a limit that no wait of the application should reach. The check is periodic, and costs the waits themselves nothing.</remarks>
    public TimeSpan StuckFenceThreshold { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The duration from which on a subscriber's callback counts as slow, for notifiers without an option of their own. 100 milliseconds by
    /// default; <see cref="Timeout.InfiniteTimeSpan"/> for never, and then no clock is read.
    /// </summary>
    public TimeSpan SlowSubscriberThreshold { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long the shutdown of a notifier waits for subscribers that still hold memory, for notifiers without an option of their own. 10
    /// seconds by default. Memory that is held longer is logged as quarantined.
    /// </summary>
    public TimeSpan ReleaseTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether fences that complete with an error are logged; true by default. If false, the event is not even written.</summary>
    public bool LogFaults { get; set; } = true;
}
