// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using ILGPU;

namespace FenceKit.Samples.Ilgpu;

/// <summary>The kernel, and the same on the CPU to compare with.</summary>
/// <remarks>
/// ILGPU compiles what these methods consist of when they run. A tool that measures coverage writes counters into methods, which no accelerator
/// has, so it is told to leave these alone.
/// </remarks>
[ExcludeFromCodeCoverage]
internal static class MixKernel
{
    /// <summary>What ILGPU compiles for the accelerator.</summary>
    internal static void Run(Index1D word, ArrayView<int> block, int seed, int rounds) => block[word] = Mix(word, seed, rounds);

    internal static bool IsRight(ReadOnlySpan<int> block, int seed, int rounds)
    {
        for (int word = 0; word < block.Length; word++)
        {
            if (block[word] != Mix(word, seed, rounds))
            {
                return false;
            }
        }

        return true;
    }

    private static int Mix(int word, int seed, int rounds)
    {
        int value = seed;
        for (int round = 0; round < rounds; round++)
        {
            value = unchecked((value * 1_664_525) + 1_013_904_223 + word);
        }

        return value;
    }
}
