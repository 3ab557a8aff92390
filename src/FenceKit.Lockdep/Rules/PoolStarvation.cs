// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Rules;

/// <summary>
/// Judges thread-pool starvation. A pool thread that blocks for work of the pool cannot run that work; when all threads block this way,
/// none is left to run it.
/// </summary>
internal readonly record struct PoolStarvation(LockConfidence Confidence, string Message, string? Assumption)
{
    /// <param name="blocked">The number of pool threads that block for work of the pool.</param>
    /// <param name="threads">The current number of threads of the pool.</param>
    /// <param name="most">The maximum number of threads of the pool.</param>
    public static PoolStarvation Judge(int blocked, int threads, int most)
    {
        if (blocked >= most)
        {
            return new(LockConfidence.Certain, $"All {most} threads that the pool may have block for work of the pool: nobody is left to do it.", null);
        }

        return blocked >= threads
            ? new(
                LockConfidence.Likely,
                $"All {threads} threads of the pool block for work of the pool: it goes on only as fast as the pool adds threads.",
                "work comes faster than the pool adds threads, one or two in a second")
            : new(
                LockConfidence.Possible,
                "A thread of the pool blocks for work of the pool: when all of them do, nobody is left to do it.",
                "as many do so at once as the pool has threads");
    }
}
