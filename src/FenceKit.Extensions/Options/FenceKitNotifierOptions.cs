// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Extensions;

/// <summary>
/// The options of one notifier of the container: named options, under the name of the notifier. Read once, when the notifier is created.
/// </summary>
[DebuggerDisplay("{FaultPolicy}, {SessionCapacity} subscribers")]
public sealed class FenceKitNotifierOptions
{
    /// <inheritdoc cref="InvalidationNotifierOptions.FaultPolicy"/>
    public InvalidationFaultPolicy FaultPolicy { get; set; }

    /// <inheritdoc cref="InvalidationNotifierOptions.SessionCapacity"/>
    public int SessionCapacity { get; set; } = 16;

    /// <inheritdoc cref="InvalidationNotifierOptions.RememberedInvalidations"/>
    public int RememberedInvalidations { get; set; } = 4096;

    /// <summary>
    /// The duration from which on a subscriber's callback counts as slow; null for <see cref="FenceKitOptions.SlowSubscriberThreshold"/>. See
    /// <see cref="InvalidationNotifierOptions.SlowSubscriberThreshold"/>.
    /// </summary>
    public TimeSpan? SlowSubscriberThreshold { get; set; }

    /// <summary>How long the shutdown waits for subscribers that still hold memory; null for <see cref="FenceKitOptions.ReleaseTimeout"/>.</summary>
    public TimeSpan? ReleaseTimeout { get; set; }
}
