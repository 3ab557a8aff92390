// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A holder that keeps a session from completing; see <see cref="InvalidationSession.CopyPending"/>.</summary>
/// <param name="Subscription">The subscriber's registration; null for an earlier session that overlaps the range.</param>
/// <param name="Fence">
/// The fence that the subscriber returned; <c>default</c> when it threw instead. For an earlier session: its end.
/// </param>
/// <param name="Held">
/// How long ago the subscriber was scheduled. For an earlier session: how long it has been in the way of this one.
/// </param>
/// <param name="Error">The fault of the fence, or the subscriber's exception; null while the fence is only pending.</param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct PendingInvalidation(InvalidationSubscription? Subscription, Fence Fence, TimeSpan Held, Exception? Error)
{
    /// <summary>The subscriber's name; for an earlier session its range, reason and place.</summary>
    public string Name => Subscription is not null ? Subscription.Name : Earlier.ToString();

    /// <summary>The range of the subscription, or of the earlier session.</summary>
    public AddressRange Range => Subscription is not null ? Subscription.Range : Earlier.Range;

    internal EarlierInvalidation Earlier { get; init; }

    /// <summary>Describes the holder, its fence, the time and the error, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString()
    {
        if (this == default)
        {
            return "nobody";
        }

        string fence = Fence == default ? "" : $" ({Fence})";
        string error = Error is null ? "" : $": {Error.Message}";
        return $"{Name} for {Held}{fence}{error}";
    }
}
