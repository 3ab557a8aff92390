// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.Ilgpu;

/// <summary>One launch: the kernel computes a block anew.</summary>
/// <param name="Block">Which block.</param>
/// <param name="Seed">What the words of the block begin with; with no rounds it is what they become.</param>
/// <param name="Rounds">How long the kernel takes.</param>
/// <param name="Gate">The stream waits for this gate first; 0 for none.</param>
internal readonly record struct KernelJob(int Block, int Seed, int Rounds, ulong Gate = 0);
