// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>A thread that is on the way to a signal: where it said so, and which locks it holds. Known only while the contract is checked.</summary>
internal readonly record struct FenceSignaler(Thread Thread, string? Place, string[] Locks);
