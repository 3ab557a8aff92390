// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// The turn of a reader whose range is invalidated faster than it can be mapped: until it ends, no invalidation of the range begins.
/// Created by <see cref="InvalidationSubscription.TryTakeTurn"/>; dispose it when the mapping is published or given up.
/// </summary>
/// <remarks>
/// A value; copies stand for the same turn. It may cross an <c>await</c> and end on any thread. The default value is no turn.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A turn is disposed, not compared.")]
public readonly struct ReadTurn : IDisposable
{
    private readonly InvalidationSubscription? _subscription;
    private readonly long _number;

    internal ReadTurn(InvalidationSubscription subscription, long number)
    {
        _subscription = subscription;
        _number = number;
    }

    /// <summary>Ends the turn, unless it is already over. A second call does nothing, even on another copy.</summary>
    /// <remarks>Blocks for no longer than a few instructions, never allocates.</remarks>
    public void Dispose() => _subscription?.EndTurn(_number);

    /// <summary>Describes the turn for people.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => _subscription is null ? "no turn" : $"turn of the subscription '{_subscription.Name}'";
}
