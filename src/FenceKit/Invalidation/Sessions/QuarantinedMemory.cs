// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Memory that must not be freed although its owner shuts down, because somebody may still use it; see
/// <see cref="InvalidationNotifier.Release"/>.
/// </summary>
/// <param name="Subscription">Who may still use it; null for a session that is open, whose owner may be about to free it.</param>
/// <param name="Fence">
/// When it signals without a fault, the memory may be freed after all. <c>default</c> when there is none to wait for. Of an open session:
/// its end; when that is a fault, the session has handed the memory back itself.
/// </param>
/// <param name="Error">
/// Why it is not known to be free: the fault, the exception, or the refusal. Null while the fence is pending. The error of a lost device says
/// itself whether the device may still touch the memory (DeviceLostException.MayStillTouchMemory); any other is final.
/// </param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct QuarantinedMemory(InvalidationSubscription? Subscription, Fence Fence, Exception? Error)
{
    /// <summary>What must not be freed.</summary>
    /// <exception cref="InvalidOperationException">This is a default value.</exception>
    public AddressRange Range => Subscription is not null ? Subscription.Range : Session.Range;

    /// <summary>The subscriber's name; of an open session what it invalidates, and where it was scheduled.</summary>
    /// <exception cref="InvalidOperationException">This is a default value.</exception>
    public string Name => Subscription is not null ? Subscription.Name : Session.ToString();

    internal EarlierInvalidation Earlier { get; init; }

    /// <summary>What is held, and by whom.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => this == default ? "nothing" : $"{Range} held by {Name}";

    private EarlierInvalidation Session =>
        Earlier.Ended != default ? Earlier : throw new InvalidOperationException("A default value names no memory.");
}
