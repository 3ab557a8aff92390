// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Model;

/// <summary>How much may happen in the model. One node is enough: a session waits for each of them, and they do not hear each other.</summary>
/// <param name="Sessions">How many invalidations there are, one after the other.</param>
/// <param name="Crashes">Whether the owner may die at any moment and be followed by another.</param>
/// <param name="Apart">By how many ticks the two clocks may differ.</param>
/// <param name="Ticks">How long it lasts.</param>
/// <param name="Lease">The lease, in ticks.</param>
/// <param name="Requests">How many requests the node sends, joins and renewals together.</param>
/// <param name="KeepsAll">Whether messages that can have no effect any more tell states apart all the same.</param>
internal sealed record ModelBounds(int Sessions, bool Crashes, int Apart, int Ticks, int Lease, int Requests = 2, bool KeepsAll = false)
{
    /// <summary>How many requests the node can send at most.</summary>
    internal const int MostRequests = 3;

    /// <summary>How many lives the node has.</summary>
    internal const int Lives = 2;

    /// <summary>How many memberships owners make. A join beyond that is lost.</summary>
    internal const int Memberships = 3;

    /// <summary>What the node takes off its lease: the clocks may part from one end of the range to the other.</summary>
    internal int Margin => 2 * Apart;
}
