// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// Wraps a user's pools, which must not throw in the middle of a wait. An exception of a pool is reported; then a new object is created, or
/// the returned object is left to the garbage collector.
/// </summary>
internal sealed class GuardedPoolProvider(ObjectPoolProvider provider) : ObjectPoolProvider
{
    /// <summary>Returns the guarded provider of the user, or the default provider.</summary>
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
            catch (Exception exception) when (exception is not ThreadInterruptedException) // the caller handles interrupts itself
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
            catch (Exception exception) when (exception is not ThreadInterruptedException) // the caller handles interrupts itself
            {
                FenceTimeline.ReportUserFault("a user's pool", exception);
            }
        }
    }
}
