// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A node as its owner sees it.</summary>
/// <param name="Name">What the node calls itself.</param>
/// <param name="Incarnation">How often it has begun with nothing, counted from 1.</param>
/// <param name="LeaseLeft">How long the owner would wait for it.</param>
/// <param name="Unanswered">How many ranges it has been told to let go of and has not answered for.</param>
public readonly record struct RemoteNodeInfo(string Name, ulong Incarnation, TimeSpan LeaseLeft, int Unanswered);
