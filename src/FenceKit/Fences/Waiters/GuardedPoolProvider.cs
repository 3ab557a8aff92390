// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// Pools of a user's, for objects that must be had and given back: in the middle of a wait there is nobody to throw at. When the user's pool throws,
/// that is reported, the object is made anew, or is left to the garbage collector.
/// </summary>
internal sealed class GuardedPoolProvider(ObjectPoolProvider provider) : ObjectPoolProvider
{
    /// <summary>The user's provider, or the usual one.</summary>
    internal static ObjectPoolProvider Or(ObjectPoolProvider? provider, int retained) =>
        provider is null ? new DefaultObjectPoolProvider { MaximumRetained = retained } : new GuardedPoolProvider(provider);

    public override ObjectPool<T> Create<T>(IPooledObjectPolicy<T> policy) => new GuardedPool<T>(provider.Create(policy), policy);

    private sealed class GuardedPool<T>(ObjectPool<T> pool, IPooledObjectPolicy<T> policy) : ObjectPool<T>
        where T : class
    {
        public override T Get()
        {
            try
            {
                return pool.Get();
            }
            catch (Exception exception) when (exception is not ThreadInterruptedException) // the caller is shielded from that
            {
                FenceTimeline.ReportUserFault("a user's pool", exception);
                return policy.Create();
            }
        }

        public override void Return(T obj)
        {
            try
            {
                pool.Return(obj);
            }
            catch (Exception exception) when (exception is not ThreadInterruptedException) // the caller is shielded from that
            {
                FenceTimeline.ReportUserFault("a user's pool", exception);
            }
        }
    }
}
