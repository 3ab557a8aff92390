// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>The part that needs nothing of this project; others link it.</summary>
internal static partial class Allocation
{
    private const int Blocks = 5;

    /// <summary>
    /// Bytes that so many runs on the calling thread cost in steady state: the runs go in five blocks, and the least of them counts.
    /// What happens once (a pool grows for the first time that two threads collide, a type is initialized) is in one block; what every run,
    /// or one in a hundred, allocates is in all of them.
    /// </summary>
    internal static long Count(Action action, int rounds)
    {
        int blocks = rounds >= Blocks ? Blocks : 1;
        long least = long.MaxValue;
        for (int block = 0; block < blocks; block++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Repeat(action, rounds / blocks);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least * blocks;
    }

    private static void Repeat(Action action, int times)
    {
        for (int i = 0; i < times; i++)
        {
            action();
        }
    }
}
