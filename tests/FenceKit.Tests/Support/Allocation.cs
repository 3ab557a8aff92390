// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Counts what a thread allocates, to the byte.</summary>
internal static class Allocation
{
    private const int WarmUp = 3_000;
    private const int Rounds = 1_000;

    /// <summary>Bytes that the action allocates on its own thread in 1,000 runs, once everything is warm. The thread has no context.</summary>
    internal static long Of(Action action, int warmUp = WarmUp, int rounds = Rounds)
    {
        long bytes = -1;
        TestThread.Run(() =>
        {
            Repeat(action, warmUp);
            bytes = Count(action, rounds);
        });
        return bytes;
    }

    /// <summary>As above, on the calling thread and without a warm-up.</summary>
    internal static long Count(Action action, int rounds)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(action, rounds);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Repeat(Action action, int times)
    {
        for (int i = 0; i < times; i++)
        {
            action();
        }
    }
}
