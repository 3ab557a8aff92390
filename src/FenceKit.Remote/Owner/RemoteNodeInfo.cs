// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A node as its owner sees it.</summary>
/// <param name="Name">The name of the node.</param>
/// <param name="Incarnation">How many times the node has started without copies, counted from 1.</param>
/// <param name="LeaseLeft">The time for which the owner would wait for it.</param>
/// <param name="Unanswered">The number of ranges that it has been told to let go of and has not answered for.</param>
public readonly record struct RemoteNodeInfo(string Name, ulong Incarnation, TimeSpan LeaseLeft, int Unanswered);
