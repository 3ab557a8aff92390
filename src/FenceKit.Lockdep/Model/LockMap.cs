// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One lock as the validator sees it: the instance, its class and its capacity. A lock type embeds one.</summary>
/// <remarks>
/// It has no state of the lock itself and may be shared by any number of threads and validators. Making one allocates this object only.
/// (lockdep_map of Linux.)
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class LockMap
{
    // A lock that is contended, and one more that it uses.
    internal const int SmallAllocationsLetPass = 2;

    private static long s_lastId;
    private long _id;
    private int _smallAllocations;
    private readonly WeakReference<object>? _foreign;

    /// <summary>Makes the map of a new lock.</summary>
    /// <param name="lockClass">The class of the lock.</param>
    /// <param name="name">The name of this one lock in reports, or null for a number.</param>
    /// <param name="capacity">How many may hold it in <see cref="LockAcquireMode.Exclusive"/> at once: 1 for a lock, more for a semaphore.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public LockMap(LockClass lockClass, string? name = null, int capacity = 1)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Class = lockClass;
        Name = name;
        Capacity = capacity;
        Renew();
    }

    /// <summary>The class of the lock; <see cref="LockValidator.ChangeClass"/> changes it.</summary>
    public LockClass Class { get; private set; }

    /// <summary>The subclass that an acquisition has when it names none.</summary>
    public int Subclass { get; private set; }

    /// <summary>The name of this one lock, if it has one.</summary>
    public string? Name { get; }

    /// <summary>How many may hold it exclusively at once.</summary>
    public int Capacity { get; }

    /// <summary>The same thread may take it again, as with Monitor and Lock; the class may say so too.</summary>
    public bool IsReentrant { get; init; }

    /// <summary>A pseudo lock: the thread is inside something, and holds nothing that must be let go by it.</summary>
    internal bool IsContext { get; init; }

    /// <summary>One for several of its kind, which cannot be told apart: what was seen of one of them may not be so of another.</summary>
    internal bool StandsForMany { get; init; }

    /// <summary>Spread over 64 bits, never used twice; changes with the class, so that no cached verdict outlives it.</summary>
    internal ulong Identity { get; private set; }

    /// <summary>The object that the lock belongs to, which <see cref="LockClassOptions.Order"/> compares; null if it is to compare the maps. Not kept alive.</summary>
    public object? Owner
    {
        get => _foreign is not null && _foreign.TryGetTarget(out object? target) ? target : null;
        init => _foreign = value is null ? null : new WeakReference<object>(value);
    }

    /// <summary>The object that a declared order compares: the foreign object, or the map itself.</summary>
    internal object Subject => Owner ?? this;

    internal string InstanceName => Name ?? $"#{_id}";

    /// <inheritdoc/>
    public override string ToString() => $"{Class.Name} {InstanceName}";

    /// <summary>Lets a few bytes pass that were allocated under it, as often as the runtime may be the reason; counts them.</summary>
    internal bool TryLetPassSmallAllocation() =>
        Volatile.Read(ref _smallAllocations) < SmallAllocationsLetPass && Interlocked.Increment(ref _smallAllocations) <= SmallAllocationsLetPass;

    internal static LockMap ForForeign(object instance, LockClass lockClass)
        => new(lockClass) { Owner = instance };

    internal void ChangeClass(LockClass lockClass, int subclass)
    {
        Class = lockClass;
        Subclass = subclass;
        Renew();
    }

    internal void Renew()
    {
        _id = Interlocked.Increment(ref s_lastId);
        Identity = (ulong)_id * 0xD6E8FEB86659FD93UL;
    }
}
