// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>A lock as the validator sees it: its identity, class and capacity. A lock type embeds one map.</summary>
/// <remarks>
/// It contains no state of the lock itself and may be shared by any number of threads and validators. Creating it allocates this object
/// only. (lockdep_map of Linux.)
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class LockMap
{
    // One for a contended lock and one for a lock that it uses internally.
    internal const int SmallAllocationsLetPass = 2;

    private static long s_lastId;
    private long _id;
    private int _smallAllocations;
    private readonly WeakReference<object>? _foreign;

    /// <summary>Creates the map of a new lock.</summary>
    /// <param name="lockClass">The class of the lock.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="capacity">
    /// How many holders there may be in <see cref="LockAcquireMode.Exclusive"/> at the same time: 1 for a lock, more for a semaphore.
    /// </param>
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

    /// <summary>The subclass of acquisitions that name none.</summary>
    public int Subclass { get; private set; }

    /// <summary>The name of this instance, if it has one.</summary>
    public string? Name { get; }

    /// <summary>How many exclusive holders there may be at the same time.</summary>
    public int Capacity { get; }

    /// <summary>Whether the same thread may acquire it again, as with Monitor and Lock; the class may also say so.</summary>
    public bool IsReentrant { get; init; }

    /// <summary>A pseudo lock for a context: the thread is inside it, and need not release it itself.</summary>
    internal bool IsContext { get; init; }

    /// <summary>
    /// One map stands for several locks that cannot be told apart: what was observed with one of them may not hold for another.
    /// </summary>
    internal bool StandsForMany { get; init; }

    /// <summary>
    /// A well-distributed 64-bit value, never reused. It changes with the class, so that no cached verdict outlives the class.
    /// </summary>
    internal ulong Identity { get; private set; }

    /// <summary>
    /// The object that the lock belongs to, which <see cref="LockClassOptions.Order"/> compares; null to compare the maps. It is referenced
    /// weakly.
    /// </summary>
    public object? Owner
    {
        get => _foreign is not null && _foreign.TryGetTarget(out object? target) ? target : null;
        init => _foreign = value is null ? null : new WeakReference<object>(value);
    }

    /// <summary>The object that a declared order compares: the owner, or the map itself.</summary>
    internal object Subject => Owner ?? this;

    internal string InstanceName => Name ?? $"#{_id}";

    /// <inheritdoc/>
    public override string ToString() => $"{Class.Name} {InstanceName}";

    /// <summary>Tolerates a small allocation under the lock, as many times as the runtime itself may have caused it.</summary>
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
