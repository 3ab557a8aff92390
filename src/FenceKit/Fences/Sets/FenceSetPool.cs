// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// The pool of <see cref="FenceSetWait"/>: one for the process, and a cache of two objects per thread. The pool providers of timelines are
/// not used, since the fences of a set may have different ones.
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
