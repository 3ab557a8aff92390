// SPDX-License-Identifier: MIT
namespace FenceKit.Extensions;

/// <summary>A wait that lasts longer than it should, in words: code that remembers it must not keep the timeline alive.</summary>
/// <param name="Waiter">Who waits.</param>
/// <param name="Fence">For what.</param>
/// <param name="Waited">How long it has been seen waiting.</param>
/// <param name="Holders">Who is on the way to the signal, as far as it is known.</param>
internal sealed record StuckFence(string Waiter, string Fence, TimeSpan Waited, string Holders)
{
    public override string ToString() => $"{Waiter} has waited for {Fence} for {Waited}";
}
