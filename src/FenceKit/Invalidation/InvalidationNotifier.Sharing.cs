// SPDX-License-Identifier: MIT
namespace FenceKit;

// One shared object of each type per notifier, with a reference count.
public sealed partial class InvalidationNotifier
{
    private readonly Lock _sharedLock = new();
    private readonly Dictionary<Type, IShared> _shared = []; // under the lock, like the fields of its values

    /// <summary>A shared object of any type, with its number of users.</summary>
    private interface IShared;

    /// <summary>
    /// Returns the one object of a type that belongs to this notifier. The first caller creates it; it is disposed when the last reference
    /// is.
    /// </summary>
    /// <typeparam name="T">A subscriber or an object that owns one, for example a driver's context for this memory.</typeparam>
    /// <param name="create">
    /// Creates the object; may subscribe. It runs under no lock, once at a time: other callers that ask for the same type wait for it. When
    /// it throws, this call throws the same exception, and the next caller tries again.
    /// </param>
    /// <returns>A reference, which the caller disposes. The counterparts in Linux are mmu_notifier_get and mmu_notifier_put.</returns>
    /// <remarks>
    /// References may be taken and disposed on any thread at any time, also inside a callback, where the object is then disposed on the
    /// thread pool. When the last reference is disposed while another caller asks, that caller gets a new object. Allocates. Blocks while
    /// another thread creates the object.
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
    /// True when the object exists; it then has one more user. False when <paramref name="shared"/> has yet to be created: by this caller
    /// if it is <paramref name="ours"/>, whose first user is then counted.
    /// </summary>
    private bool TryJoin<T>(Shared<T> ours, out Shared<T> shared)
        where T : class, IDisposable
    {
        using InterruptShield.ShieldedScope scope = _sharedLock.EnterShieldedScope();
        if (!_shared.TryGetValue(typeof(T), out IShared? known))
        {
            ours.Users = 1;
            _shared.Add(typeof(T), ours);
            shared = ours;
            return false;
        }

        shared = (Shared<T>)known;
        shared.Users += shared.Value is null ? 0 : 1; // a caller that waits for the object comes back here afterwards
        return shared.Value is not null;
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

        // Dispose will unsubscribe, and that waits for callbacks to return.
        if (IsSchedulingOnThisThread)
        {
            InterruptShield.Queue(DisposeGuarded, shared.Value!, preferLocal: false);
        }
        else
        {
            shared.Value!.Dispose();
        }
    }

    /// <summary>Disposes the object on the thread pool, where no caller could catch an exception.</summary>
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

#pragma warning disable RS0030 // The documentation says that this call blocks; the thread pool recognizes a blocking wait for a task.
            _made.Task.Wait();
#pragma warning restore RS0030
        }

        internal void EndMaking() => _made.TrySetResult();
    }
}
