// SPDX-License-Identifier: MIT
namespace FenceKit.Extensions;

/// <summary>A wait that exceeds the limit. Holds only texts, so that it does not keep the timeline alive.</summary>
/// <param name="Waiter">The waiter.</param>
/// <param name="Fence">The fence that is waited for.</param>
/// <param name="Waited">The time since the wait was first noticed.</param>
/// <param name="Holders">What holds up the signal, as far as it is known.</param>
internal sealed record StuckFence(string Waiter, string Fence, TimeSpan Waited, string Holders)
{
    public override string ToString() => $"{Waiter} has waited for {Fence} for {Waited}";
}
