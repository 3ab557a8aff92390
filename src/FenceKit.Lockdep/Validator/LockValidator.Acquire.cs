// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    /// <summary>Says that this thread is about to take a lock exclusively and will wait for it.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>This thread, for <see cref="LockHolder.Release"/>; most callers need not keep it.</returns>
    /// <remarks>
    /// Call it before the lock itself is entered, so that a report comes before the hang. If entering fails, call <see cref="Release(object)"/>.
    /// Never blocks on the lock. Allocates only when something new is seen.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LockHolder Acquire(LockMap map, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        LockHolder stack = LockHolder.Current(this);
        ulong own = map.Identity + (uint)line * ChainKey.LineFactor;
        if (!stack.TryPushKnown(map, own, file))
        {
            AcquireSlow(stack, map, AcquireShape.Of(LockAcquireMode.Exclusive, subclass: map.Subclass), null, own, file, line);
        }

        return stack;
    }

    /// <summary>Says that this thread is about to take a lock in a mode, or in one of the less common ways.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="options">Mode, attempt, subclass and nesting. A try is announced after it succeeded, all others before.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>This thread, for <see cref="LockHolder.Release"/>; most callers need not keep it.</returns>
    /// <remarks>Never blocks on the lock. Allocates only when something new is seen.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    public LockHolder Acquire(LockMap map, in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        AcquireShape shape = options.ToShape(map.Subclass);
        ulong own = OwnKey(map.Identity, shape, options.NestedIn, line);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushKnown(map, own, file))
        {
            AcquireSlow(stack, map, shape, options.NestedIn, own, file, line);
        }

        return stack;
    }

    /// <summary>The same for an object that has no <see cref="LockMap"/>: code that is rewritten, or locks that belong to others.</summary>
    /// <param name="lockClass">The class of the lock; the first one named for an instance stays.</param>
    /// <param name="instance">The lock.</param>
    /// <param name="options">Mode, attempt, subclass and nesting.</param>
    /// <param name="site">Where it is taken, made once for each place; or null.</param>
    /// <remarks>Never blocks on the lock. Allocates only when something new is seen. Does not keep the instance alive.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> or <paramref name="instance"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    public void Acquire(LockClass lockClass, object instance, in LockAcquireOptions options, LockSite? site)
    {
        if (lockClass is null)
        {
            Misuse.ThrowNull(nameof(lockClass));
        }

        if (instance is null)
        {
            Misuse.ThrowNull(nameof(instance));
        }

        AcquireShape shape = options.ToShape(0);
        ulong own = OwnKey(ForeignIdentity(lockClass, instance), shape, options.NestedIn, 0);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushCached(instance, own, site))
        {
            AcquireForeignSlow(stack, lockClass, instance, shape, options.NestedIn, own, site);
        }
    }

    /// <summary>The same for an object without a <see cref="LockMap"/>, exclusively and waiting.</summary>
    /// <param name="lockClass">The class of the lock; the first one named for an instance stays.</param>
    /// <param name="instance">The lock.</param>
    /// <param name="site">Where it is taken, made once for each place; or null.</param>
    /// <remarks>Never blocks on the lock. Allocates only when something new is seen. Does not keep the instance alive.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> or <paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    public void Acquire(LockClass lockClass, object instance, LockSite? site)
    {
        if (lockClass is null)
        {
            Misuse.ThrowNull(nameof(lockClass));
        }

        if (instance is null)
        {
            Misuse.ThrowNull(nameof(instance));
        }

        ulong own = ForeignIdentity(lockClass, instance);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushCached(instance, own, site))
        {
            AcquireForeignSlow(stack, lockClass, instance, AcquireShape.Of(LockAcquireMode.Exclusive), null, own, site);
        }
    }

    /// <summary>As <see cref="Acquire(LockClass, object, LockSite)"/>, of a monitor, which always lets its holder in again.</summary>
    internal void AcquireMonitor(LockClass lockClass, object instance, LockAttempt attempt, LockSite? site)
    {
        AcquireShape shape = AcquireShape.Of(LockAcquireMode.Exclusive, attempt).AsReentrant();
        ulong own = OwnKey(ForeignIdentity(lockClass, instance), shape, nestedIn: null, line: 0);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushCached(instance, own, site))
        {
            AcquireForeignSlow(stack, lockClass, instance, shape, null, own, site);
        }
    }

    /// <summary>Says that something is waited for here that is never held: an event, a fence, the end of a thread. It is validated like a lock and not kept.</summary>
    /// <param name="map">What is waited for. The code that leads to its signal holds it in <see cref="LockAcquireMode.Shared"/> meanwhile.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Say it even when the wait turns out to be unnecessary: that is what makes the order known. Does not block. (lock_sync of Linux lockdep.)</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait(LockMap map, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        AcquireShape shape = AcquireShape.Of(LockAcquireMode.Exclusive, subclass: map.Subclass).AsWait();
        PassThrough(map, shape, null, file, line);
    }

    /// <summary>As <see cref="Wait(LockMap, string, int)"/>, for something that has no <see cref="LockMap"/>: code that is rewritten, or things that belong to others.</summary>
    /// <param name="lockClass">The class of what is waited for; the first one named for an instance stays.</param>
    /// <param name="instance">What is waited for.</param>
    /// <param name="site">Where, made once for each place; or null.</param>
    /// <remarks>Does not block, and does not keep the instance alive.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> or <paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait(LockClass lockClass, object instance, LockSite? site)
    {
        if (lockClass is null)
        {
            Misuse.ThrowNull(nameof(lockClass));
        }

        if (instance is null)
        {
            Misuse.ThrowNull(nameof(instance));
        }

        AcquireShape shape = AcquireShape.Of(LockAcquireMode.Exclusive).AsWait();
        ulong own = OwnKey(ForeignIdentity(lockClass, instance), shape, null, 0);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushCached(instance, own, site))
        {
            AcquireForeignSlow(stack, lockClass, instance, shape, null, own, site);
        }

        stack.PopPassing(instance);
    }

    /// <summary>
    /// The twin of <see cref="Wait(LockMap, string, int)"/> for code that awaits: what is held here is held until the signal, but the thread goes on, so in a
    /// section that must not wait this is no finding.
    /// </summary>
    /// <param name="map">What is awaited.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Await(LockMap map, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        PassThrough(map, AcquireShape.Of(LockAcquireMode.Exclusive, subclass: map.Subclass).AsAwait(), null, file, line);
    }

    /// <summary>Says that a lock of your own is awaited here, which <see cref="Hold(LockMap, in LockAcquireOptions, string, int)"/> says to be held once the wait is over: it is validated, and not held yet.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="options">Mode, attempt, subclass and nesting.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Does not block.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Await(LockMap map, in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        AcquireShape shape = options.ToShape(map.Subclass).AsOfFlow();
        PassThrough(map, shape, options.NestedIn, file, line);
    }

    /// <summary>Says that a lock may be taken here, on a path that is rare: it is validated as if it were taken, and is not held.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="mode">The mode in which it may be taken.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Does not block. (might_lock of Linux lockdep.)</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void MightAcquire(
        LockMap map, LockAcquireMode mode = LockAcquireMode.Exclusive, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        PassThrough(map, new LockAcquireOptions { Mode = mode }.ToShape(map.Subclass), null, file, line);
    }

    /// <summary>The same in a mode, or in one of the less common ways.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="options">Mode, attempt, subclass and nesting.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Does not block.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void MightAcquire(LockMap map, in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        PassThrough(map, options.ToShape(map.Subclass), options.NestedIn, file, line);
    }

    private void PassThrough(LockMap map, AcquireShape shape, object? nestedIn, string? file, int line)
    {
        ulong own = OwnKey(map.Identity, shape, nestedIn, line);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushKnown(map, own, file))
        {
            AcquireSlow(stack, map, shape, nestedIn, own, file, line);
        }

        stack.PopPassing(map);
    }

    // A plain exclusive acquisition mixes in zero, so both overloads arrive at the same key.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong OwnKey(ulong identity, AcquireShape shape, object? nestedIn, int line)
    {
        ulong own = identity + (uint)line * ChainKey.LineFactor + shape.Bits * ChainKey.ShapeFactor;
        return nestedIn is null ? own : ChainKey.Mix(own, (ulong)RuntimeHelpers.GetHashCode(nestedIn));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ForeignIdentity(LockClass lockClass, object instance)
        => instance is LockMap map ? map.Identity : ChainKey.Mix((ulong)lockClass.Id, (ulong)RuntimeHelpers.GetHashCode(instance));
}
