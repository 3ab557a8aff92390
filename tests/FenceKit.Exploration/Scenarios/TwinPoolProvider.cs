using Microsoft.Extensions.ObjectPool;

namespace FenceKit.Exploration;

/// <summary>
/// Object pools that are part of the exploration. The usual provider's pools are real: their interlocked operations would neither be
/// scheduling points nor drain a store buffer, and what they keep would outlive an execution.
/// </summary>
internal sealed class TwinPoolProvider : ObjectPoolProvider
{
    public override ObjectPool<T> Create<T>(IPooledObjectPolicy<T> policy) => new Pool<T>(policy);

    /// <summary>Keeps one object, so that the last one returned is the next one rented: the hardest case for stale handles.</summary>
    private sealed class Pool<T>(IPooledObjectPolicy<T> policy) : ObjectPool<T>
        where T : class
    {
        private T? _kept;

        public override T Get() => Interlocked.Exchange(ref _kept, null) ?? policy.Create();

        public override void Return(T obj)
        {
            if (policy.Return(obj))
            {
                Interlocked.Exchange(ref _kept, obj);
            }
        }
    }
}
