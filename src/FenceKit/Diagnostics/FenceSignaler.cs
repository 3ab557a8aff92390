// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>
/// A thread in a signaling section, the place where it entered the section, and the locks that it holds. Known only while the contract is
/// checked.
/// </summary>
internal readonly record struct FenceSignaler(Thread Thread, string? Place, string[] Locks);
