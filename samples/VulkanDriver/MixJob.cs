// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver;

/// <summary>What the driver is asked for: compute a block of memory.</summary>
/// <param name="Block">Which block.</param>
/// <param name="Seed">What every word begins with.</param>
/// <param name="Rounds">How often it is mixed; none fills the block with the seed.</param>
/// <param name="Gate">The GPU does not begin before the gate is open so far; 0 for at once.</param>
internal readonly record struct MixJob(int Block, uint Seed, uint Rounds, ulong Gate = 0);
