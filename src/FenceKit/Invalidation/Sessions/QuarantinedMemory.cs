// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Memory that must not be freed although its owner shuts down, because it may still be in use; see
/// <see cref="InvalidationNotifier.Release"/>.
/// </summary>
/// <param name="Subscription">
/// The subscription that may still use it; null for an open session, whose owner may be about to free it.
/// </param>
/// <param name="Fence">
/// When this fence signals without a fault, the memory may be freed after all. <c>default</c> when there is none to wait for. For an open
/// session: its end; a fault means that the session has freed the memory itself.
/// </param>
/// <param name="Error">
/// Why the memory is not known to be free: the fault, the exception, or the refusal. Null while the fence is pending. The error of a lost
/// device tells whether the device may still touch the memory (DeviceLostException.MayStillTouchMemory); any other error is final.
/// </param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct QuarantinedMemory(InvalidationSubscription? Subscription, Fence Fence, Exception? Error)
{
    /// <summary>The range that must not be freed.</summary>
    /// <exception cref="InvalidOperationException">This is a default value.</exception>
    public AddressRange Range => Subscription is not null ? Subscription.Range : Session.Range;

    /// <summary>The subscriber's name; for an open session its range, reason and place.</summary>
    /// <exception cref="InvalidOperationException">This is a default value.</exception>
    public string Name => Subscription is not null ? Subscription.Name : Session.ToString();

    internal EarlierInvalidation Earlier { get; init; }

    /// <summary>Describes the range and its holder, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => this == default ? "nothing" : $"{Range} held by {Name}";

    private EarlierInvalidation Session =>
        Earlier.Ended != default ? Earlier : throw new InvalidOperationException("A default value names no memory.");
}
