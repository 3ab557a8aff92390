namespace FenceKit.Exploration;

/// <summary>The pool of the states of waits for several fences, which is the process's own and outlives an execution.</summary>
internal static class PooledSets
{
    /// <summary>
    /// A set whose result was asked for too early does not come back, and one that had to be made in the middle of an execution would not be made
    /// when that is replayed.
    /// </summary>
    public static void Fill()
    {
        FenceSetWait[] sets = [.. Enumerable.Range(0, 8).Select(_ => FenceSetPool.Rent())];
        Array.ForEach(sets, FenceSetPool.Return);
    }
}
