// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    /// <summary>Announces that this thread is about to acquire a lock exclusively, and will wait for it.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The holder of this thread, for <see cref="LockHolder.Release"/>; most callers need not keep it.</returns>
    /// <remarks>
    /// Call it before the lock itself is entered, so that a violation is reported before the deadlock. If entering fails, call
    /// <see cref="Release(object)"/>. Never blocks on the lock. Allocates only when something new is seen.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LockHolder Acquire(LockMap map, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        LockHolder stack = LockHolder.Current(this);
        ulong own = map.Identity + (uint)line * ChainKey.LineFactor;
        if (!stack.TryPushKnown(map, own, file))
        {
            AcquireSlow(stack, map, AcquireShape.Of(LockAcquireMode.Exclusive, subclass: map.Subclass), null, own, file, line);
        }

        return stack;
    }

    /// <summary>Announces that this thread is about to acquire a lock with options.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="options">Mode, attempt, subclass and nesting. A try is announced after it succeeded, all others before.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The holder of this thread, for <see cref="LockHolder.Release"/>; most callers need not keep it.</returns>
    /// <remarks>Never blocks on the lock. Allocates only when something new is seen.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    public LockHolder Acquire(LockMap map, in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        AcquireShape shape = options.ToShape(map.Subclass);
        ulong own = OwnKey(map.Identity, shape, options.NestedIn, line);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushKnown(map, own, file))
        {
            AcquireSlow(stack, map, shape, options.NestedIn, own, file, line);
        }

        return stack;
    }

    /// <summary>
    /// Announces the acquisition of a lock without a <see cref="LockMap"/>, with options: for rewritten code, or locks of other libraries.
    /// </summary>
    /// <param name="lockClass">The class of the lock; for each instance the class of the first call counts.</param>
    /// <param name="instance">The lock.</param>
    /// <param name="options">Mode, attempt, subclass and nesting.</param>
    /// <param name="site">The site of the acquisition, created once; or null.</param>
    /// <remarks>Never blocks on the lock. Allocates only when something new is seen. Does not keep the instance alive.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> or <paramref name="instance"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    public void Acquire(LockClass lockClass, object instance, in LockAcquireOptions options, LockSite? site)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        ArgumentNullException.ThrowIfNull(instance);
        _ = AcquireForeign(lockClass, instance, options.ToShape(0), options.NestedIn, site);
    }

    /// <summary>Announces the exclusive, waiting acquisition of a lock without a <see cref="LockMap"/>.</summary>
    /// <param name="lockClass">The class of the lock; for each instance the class of the first call counts.</param>
    /// <param name="instance">The lock.</param>
    /// <param name="site">The site of the acquisition, created once; or null.</param>
    /// <remarks>Never blocks on the lock. Allocates only when something new is seen. Does not keep the instance alive.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> or <paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    public void Acquire(LockClass lockClass, object instance, LockSite? site)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        ArgumentNullException.ThrowIfNull(instance);
        ulong own = ForeignIdentity(lockClass, instance);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushCached(instance, own, site))
        {
            AcquireForeignSlow(stack, lockClass, instance, AcquireShape.Of(LockAcquireMode.Exclusive), null, own, site);
        }
    }

    /// <summary>Like <see cref="Acquire(LockClass, object, LockSite)"/>, for a monitor, which is always reentrant.</summary>
    internal void AcquireMonitor(LockClass lockClass, object instance, LockAttempt attempt, LockSite? site)
    {
        _ = AcquireForeign(lockClass, instance, AcquireShape.Of(LockAcquireMode.Exclusive, attempt).AsReentrant(), nestedIn: null, site);
    }

    /// <summary>
    /// Announces a wait for something that is never held: an event, a fence, the end of a thread. It is validated like a lock acquisition,
    /// and not recorded as held.
    /// </summary>
    /// <param name="map">
    /// The object of the wait. The code that leads to its signal holds it in <see cref="LockAcquireMode.Shared"/>.
    /// </param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>
    /// Call it even when the wait turns out to be unnecessary: that makes the order known. Does not block. (lock_sync of Linux lockdep.)
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait(LockMap map, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        AcquireShape shape = AcquireShape.Of(LockAcquireMode.Exclusive, subclass: map.Subclass).AsWait();
        PassThrough(map, shape, null, file, line);
    }

    /// <summary>
    /// Like <see cref="Wait(LockMap, string, int)"/>, for an object without a <see cref="LockMap"/>: for rewritten code, or objects of
    /// other libraries.
    /// </summary>
    /// <param name="lockClass">The class of the object; for each instance the class of the first call counts.</param>
    /// <param name="instance">The object of the wait.</param>
    /// <param name="site">The site of the wait, created once; or null.</param>
    /// <remarks>Does not block, and does not keep the instance alive.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> or <paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait(LockClass lockClass, object instance, LockSite? site)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        ArgumentNullException.ThrowIfNull(instance);
        AcquireForeign(lockClass, instance, AcquireShape.Of(LockAcquireMode.Exclusive).AsWait(), nestedIn: null, site).PopPassing(instance);
    }

    /// <summary>
    /// Like <see cref="Wait(LockMap, string, int)"/>, for code that awaits: locks stay held until the signal, but the thread does not
    /// block, so this is no finding in a section that must not wait.
    /// </summary>
    /// <param name="map">The object of the wait.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Await(LockMap map, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        PassThrough(map, AcquireShape.Of(LockAcquireMode.Exclusive, subclass: map.Subclass).AsAwait(), null, file, line);
    }

    /// <summary>
    /// Announces that a custom lock is awaited here. It is validated, but does not count as held until
    /// <see cref="Hold(LockMap, in LockAcquireOptions, string, int)"/> is called after the wait.
    /// </summary>
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
        ArgumentNullException.ThrowIfNull(map);
        AcquireShape shape = options.ToShape(map.Subclass).AsOfFlow();
        PassThrough(map, shape, options.NestedIn, file, line);
    }

    /// <summary>
    /// Announces that a lock may be acquired here, on a rare path: it is validated as if it were acquired, and does not count as held.
    /// </summary>
    /// <param name="map">The lock.</param>
    /// <param name="mode">The mode of the possible acquisition.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Does not block. (might_lock of Linux lockdep.)</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void MightAcquire(
        LockMap map, LockAcquireMode mode = LockAcquireMode.Exclusive, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        PassThrough(map, new LockAcquireOptions { Mode = mode }.ToShape(map.Subclass), null, file, line);
    }

    /// <summary>Announces that a lock may be acquired here with options.</summary>
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
        ArgumentNullException.ThrowIfNull(map);
        PassThrough(map, options.ToShape(map.Subclass), options.NestedIn, file, line);
    }

    private LockHolder AcquireForeign(LockClass lockClass, object instance, AcquireShape shape, object? nestedIn, LockSite? site)
    {
        ulong own = OwnKey(ForeignIdentity(lockClass, instance), shape, nestedIn, line: 0);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushCached(instance, own, site))
        {
            AcquireForeignSlow(stack, lockClass, instance, shape, nestedIn, own, site);
        }

        return stack;
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

    // A plain exclusive acquisition mixes in zero, so both overloads result in the same key.
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
