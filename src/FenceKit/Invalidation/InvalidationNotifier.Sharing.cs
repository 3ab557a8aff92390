// SPDX-License-Identifier: MIT
namespace FenceKit;

// One subscriber of a kind per notifier, shared by all who need it.
public sealed partial class InvalidationNotifier
{
    private readonly Dictionary<Type, IShared> _shared = []; // under its own lock, which is held while the factory runs

    /// <summary>A shared object and its number of users, whatever its type.</summary>
    private interface IShared;

    /// <summary>The one object of a type that belongs to this notifier; made by the first who asks, disposed by the last who lets go.</summary>
    /// <typeparam name="T">A subscriber, or whatever owns one: a driver's context for this memory, for example.</typeparam>
    /// <param name="create">Makes the object; may subscribe. Runs once, under a lock: it must not ask for another shared object.</param>
    /// <returns>A reference, to be disposed. As mmu_notifier_get and mmu_notifier_put.</returns>
    /// <remarks>
    /// Any thread may ask, and let go, at any time; also from inside a callback, where the object is then disposed on the thread pool.
    /// When the last user lets go while another one asks, that one gets a new object. Allocates.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="create"/> is null.</exception>
    public SharedSubscriber<T> GetOrCreate<T>(Func<InvalidationNotifier, T> create)
        where T : class, IDisposable
    {
        ArgumentNullException.ThrowIfNull(create);
        InterruptShield.EnterShielded(_shared);
        try
        {
            if (!_shared.TryGetValue(typeof(T), out IShared? known))
            {
                known = new Shared<T>(create(this));
                _shared.Add(typeof(T), known);
            }

            Shared<T> shared = (Shared<T>)known;
            shared.Users++;
            return new SharedSubscriber<T>(shared.Value, () => Release(shared));
        }
        finally
        {
            Monitor.Exit(_shared);
        }
    }

    private void Release<T>(Shared<T> shared)
        where T : class, IDisposable
    {
        InterruptShield.EnterShielded(_shared);
        bool isLast = --shared.Users == 0 && _shared.Remove(typeof(T));
        Monitor.Exit(_shared);
        if (!isLast)
        {
            return;
        }

        // It will unsubscribe, and that waits for callbacks to return.
        if (IsSchedulingOnThisThread)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static value => value.Dispose(), shared.Value, preferLocal: false);
        }
        else
        {
            shared.Value.Dispose();
        }
    }

    private sealed class Shared<T>(T value) : IShared
    {
        internal T Value { get; } = value;

        internal int Users { get; set; }
    }
}
