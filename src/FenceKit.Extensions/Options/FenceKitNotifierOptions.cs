// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Extensions;

/// <summary>One notifier of the container: named options, under the name of the notifier. Read once, when the notifier is made.</summary>
[DebuggerDisplay("{FaultPolicy}, {SessionCapacity} subscribers")]
public sealed class FenceKitNotifierOptions
{
    /// <summary>As <see cref="InvalidationNotifierOptions.FaultPolicy"/>.</summary>
    public InvalidationFaultPolicy FaultPolicy { get; set; }

    /// <summary>As <see cref="InvalidationNotifierOptions.SessionCapacity"/>.</summary>
    public int SessionCapacity { get; set; } = 16;

    /// <summary>As <see cref="InvalidationNotifierOptions.RememberedInvalidations"/>.</summary>
    public int RememberedInvalidations { get; set; } = 4096;

    /// <summary>As <see cref="InvalidationNotifierOptions.SlowSubscriberThreshold"/>; null for <see cref="FenceKitOptions.SlowSubscriberThreshold"/>.</summary>
    public TimeSpan? SlowSubscriberThreshold { get; set; }

    /// <summary>How long the shutdown waits for those who still hold memory; null for <see cref="FenceKitOptions.ReleaseTimeout"/>.</summary>
    public TimeSpan? ReleaseTimeout { get; set; }
}
