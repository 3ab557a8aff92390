// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// The pool of the states of waits for several fences: one for the process, and in front of it each thread keeps two. It is never that of a
/// provider, since of several fences no one's provider has a better claim.
/// </summary>
internal static class FenceSetPool
{
    private static readonly ObjectPool<FenceSetWait> s_shared =
        new DefaultObjectPoolProvider { MaximumRetained = FenceWaiterPools.RetainedNodes }.Create(new Policy());

    [ThreadStatic]
    private static Spares? t_spares;

    internal static FenceSetWait Rent() => t_spares is { } spares && spares.Pair.TryTake(out FenceSetWait? set) ? set : s_shared.GetShielded();

    internal static void Return(FenceSetWait set)
    {
        if (!(t_spares ??= new Spares()).Pair.TryKeep(set))
        {
            s_shared.ReturnShielded(set);
        }
    }

    private sealed class Spares
    {
        internal SparePair<FenceSetWait> Pair;
    }

    private sealed class Policy : PooledObjectPolicy<FenceSetWait>
    {
        public override FenceSetWait Create() => new();

        public override bool Return(FenceSetWait obj) => true;
    }
}
