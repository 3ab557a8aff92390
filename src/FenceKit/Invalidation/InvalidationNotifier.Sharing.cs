// SPDX-License-Identifier: MIT
namespace FenceKit;

// One subscriber of a kind per notifier, shared by all who need it.
public sealed partial class InvalidationNotifier
{
    private readonly Lock _sharedLock = new();
    private readonly Dictionary<Type, IShared> _shared = []; // under the lock, like the fields of what is in it

    /// <summary>A shared object and its number of users, whatever its type.</summary>
    private interface IShared;

    /// <summary>The one object of a type that belongs to this notifier; made by the first who asks, disposed by the last who lets go.</summary>
    /// <typeparam name="T">A subscriber, or whatever owns one: a driver's context for this memory, for example.</typeparam>
    /// <param name="create">
    /// Makes the object; may subscribe. It runs under no lock, once at a time: others who ask for the same type meanwhile wait for it. What it
    /// throws comes out of this call, and the next one who asks tries again.
    /// </param>
    /// <returns>A reference, to be disposed. As mmu_notifier_get and mmu_notifier_put.</returns>
    /// <remarks>
    /// Any thread may ask, and let go, at any time; also from inside a callback, where the object is then disposed on the thread pool.
    /// When the last user lets go while another one asks, that one gets a new object. Allocates. Blocks while another thread makes the object.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="create"/> is null.</exception>
    /// <exception cref="InvalidOperationException">Called for a type from inside its own <paramref name="create"/>: it would wait for itself.</exception>
    public SharedSubscriber<T> GetOrCreate<T>(Func<InvalidationNotifier, T> create)
        where T : class, IDisposable
    {
        ArgumentNullException.ThrowIfNull(create);
        Shared<T> ours = new();
        Shared<T> shared;
        while (!TryJoin(ours, out shared))
        {
            if (ReferenceEquals(shared, ours))
            {
                Make(ours, create);
                break;
            }

            shared.WaitUntilMade();
        }

        return new SharedSubscriber<T>(shared.Value!, () => Release(shared));
    }

    /// <summary>
    /// True: one more user of an object that is there. False: <paramref name="shared"/> is about to be made, by us if it is
    /// <paramref name="ours"/>, which then counts us as its first user.
    /// </summary>
    private bool TryJoin<T>(Shared<T> ours, out Shared<T> shared)
        where T : class, IDisposable
    {
        _sharedLock.EnterShielded();
        try
        {
            if (!_shared.TryGetValue(typeof(T), out IShared? known))
            {
                ours.Users = 1;
                _shared.Add(typeof(T), ours);
                shared = ours;
                return false;
            }

            shared = (Shared<T>)known;
            shared.Users += shared.Value is null ? 0 : 1; // a caller that waits for it looks again afterwards
            return shared.Value is not null;
        }
        finally
        {
            _sharedLock.Exit();
        }
    }

    private void Make<T>(Shared<T> shared, Func<InvalidationNotifier, T> create)
        where T : class, IDisposable
    {
        T? made = null;
        try
        {
            made = create(this) ?? throw new InvalidOperationException($"The factory of the shared {typeof(T).Name} made nothing.");
        }
        finally
        {
            _sharedLock.EnterShielded();
            shared.Value = made;
            if (made is null)
            {
                _shared.Remove(typeof(T)); // the factory has thrown
            }

            _sharedLock.Exit();
            shared.EndMaking();
        }
    }

    private void Release<T>(Shared<T> shared)
        where T : class, IDisposable
    {
        _sharedLock.EnterShielded();
        bool isLast = --shared.Users == 0 && _shared.Remove(typeof(T));
        _sharedLock.Exit();
        if (!isLast)
        {
            return;
        }

        // It will unsubscribe, and that waits for callbacks to return.
        if (IsSchedulingOnThisThread)
        {
            InterruptShield.Queue(DisposeGuarded, shared.Value!, preferLocal: false);
        }
        else
        {
            shared.Value!.Dispose();
        }
    }

    /// <summary>Disposes the object on the thread pool, where nobody hears what it throws.</summary>
    private static void DisposeGuarded<T>(T value)
        where T : class, IDisposable
    {
        try
        {
            value.Dispose();
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportUserFault($"the Dispose of a shared {typeof(T).Name}", exception);
        }
    }

    private sealed class Shared<T> : IShared
        where T : class, IDisposable
    {
        private readonly Thread _maker = Thread.CurrentThread;
        private readonly TaskCompletionSource _made = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Null until it is made.</summary>
        internal T? Value { get; set; }

        internal int Users { get; set; }

        /// <summary>Blocks until the factory has returned or thrown.</summary>
        internal void WaitUntilMade()
        {
            if (_maker == Thread.CurrentThread && !_made.Task.IsCompleted)
            {
                throw new InvalidOperationException(
                    $"The factory of the shared {typeof(T).Name} asks for the shared {typeof(T).Name}: it would wait for itself.");
            }

#pragma warning disable RS0030 // The caller is told that it waits here; a task is what the thread pool knows of.
            _made.Task.Wait();
#pragma warning restore RS0030
        }

        internal void EndMaking() => _made.TrySetResult();
    }
}
