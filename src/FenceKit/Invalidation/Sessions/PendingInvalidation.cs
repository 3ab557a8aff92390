// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Who keeps a session from completing; see <see cref="InvalidationSession.CopyPending"/>.</summary>
/// <param name="Subscription">The subscriber's registration; null for an earlier session over a part of the range.</param>
/// <param name="Fence">The fence that it handed back; <c>default</c> when it threw instead. Of an earlier session: its end.</param>
/// <param name="Held">How long ago it was scheduled. Of an earlier session: how long it has been in the way of this one.</param>
/// <param name="Error">The fault of the fence, or what the subscriber threw; null while it is merely pending.</param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct PendingInvalidation(InvalidationSubscription? Subscription, Fence Fence, TimeSpan Held, Exception? Error)
{
    /// <summary>The subscriber's name; of an earlier session what it invalidates, and where it was scheduled.</summary>
    public string Name => Subscription is not null ? Subscription.Name : Earlier.ToString();

    /// <summary>The range of the subscription, or of the earlier session.</summary>
    public AddressRange Range => Subscription is not null ? Subscription.Range : Earlier.Range;

    internal EarlierInvalidation Earlier { get; init; }

    /// <summary>Who, with which fence, since when, and what went wrong.</summary>
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
