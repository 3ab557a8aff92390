// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Memory that must not be freed although its owner shuts down, because somebody may still use it; see
/// <see cref="InvalidationNotifier.Release"/>.
/// </summary>
/// <param name="Subscription">Who may still use it.</param>
/// <param name="Fence">When it signals without a fault, the memory may be freed after all. <c>default</c> when there is none to wait for.</param>
/// <param name="Error">
/// Why it is not known to be free: the fault, the exception, or the refusal. Null while the fence is pending. The error of a lost device says
/// itself whether the device may still touch the memory (DeviceLostException.MayStillTouchMemory); any other is final.
/// </param>
[DebuggerDisplay("{Range} held by {Subscription.Name,nq}")]
public readonly record struct QuarantinedMemory(InvalidationSubscription Subscription, Fence Fence, Exception? Error)
{
    /// <summary>What must not be freed.</summary>
    /// <exception cref="InvalidOperationException">This is a default value.</exception>
    public AddressRange Range => (Subscription ?? throw new InvalidOperationException("A default value names no memory.")).Range;
}
