// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Counts what a thread allocates, to the byte.</summary>
internal static partial class Allocation
{
    private const int WarmUp = 3_000;
    private const int Rounds = 1_000;

    /// <summary>
    /// Bytes that the action costs on its own thread in 1,000 runs, in steady state (see <see cref="Count"/>). The thread has no context.
    /// </summary>
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
}
