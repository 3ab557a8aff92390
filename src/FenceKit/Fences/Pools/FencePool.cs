// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// A pool of independent fences that allocates nothing: a fixed number of preallocated slots, each with at most one pending fence. A signal
/// returns the slot to the pool. If a <see cref="FenceSource"/> is dropped without a signal, the garbage collector faults its fence and
/// returns the slot. So a slot can neither leak nor be returned twice.
/// </summary>
/// <remarks>
/// <para>An old fence stays valid when its slot is reused: its point is behind the slot's counter, so the fence reads as complete. Points
/// never repeat. The pool remembers the last faults of all its fences; see <see cref="FenceTimelineOptions.RetainedFaults"/>.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time; renting is lock-free.</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {Available} of {Capacity} available")]
public sealed partial class FencePool : IDisposable
{
    /// <summary>The largest <see cref="Capacity"/>.</summary>
    public const int MaxCapacity = FreeSlots.MaxCount;

    private readonly FencePoolSlot[] _slots;
    private readonly FreeSlots _free;
    private readonly FenceWatchdog? _watchdog; // one for all slots
    private bool _disposed; // volatile; a slot that is rented while this is set is disposed, or refuses to issue

    /// <summary>Creates the pool and all its slots.</summary>
    /// <param name="name">The name of the producer.</param>
    /// <param name="capacity">The number of fences that may be pending at the same time, 1 to <see cref="MaxCapacity"/>.</param>
    /// <param name="options">
    /// Clock, watchdog and node pools of the slots; <see cref="FenceTimelineOptions.RetainedFaults"/> counts the faults of all slots together.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is out of range.</exception>
    public FencePool(string name, int capacity, FenceTimelineOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        options ??= FenceTimelineOptions.Default;
        options.Validate();
        FenceTimelineOptions slotOptions = new()
        {
            TimeProvider = options.TimeProvider,
            PoolProvider = options.PoolProvider,
            IsExported = options.IsExported,
            TrackedIssuers = Math.Min(options.TrackedIssuers, 1), // a slot has one point at a time
        };

        Name = name;
        _slots = new FencePoolSlot[capacity];
        FenceWaiterPools waiterPools = FenceWaiterPools.For(options.PoolProvider);
        FaultLog faults = new(options.RetainedFaults);
        for (int index = 0; index < capacity; index++)
        {
            _slots[index] = new FencePoolSlot(this, index, slotOptions, waiterPools, faults);
        }

        _free = new FreeSlots(capacity);
        if (options.Watchdog is { } limit)
        {
            _watchdog = new FenceWatchdog(limit, options.TimeProvider, _slots);
        }

        _membership = new RegistryMembership(this);
    }

    /// <summary>The name of the producer.</summary>
    public string Name { get; }

    /// <summary>The number of fences that may be pending at the same time.</summary>
    public int Capacity => _slots.Length;

    /// <summary>The number of free slots at this moment.</summary>
    public int Available => _free.Count;

    /// <summary>Describes the pool by its name and the number of free slots.</summary>
    /// <returns>For instance <c>decoder: 2 of 8 available</c>.</returns>
    public override string ToString() => $"{Name}: {Available} of {Capacity} available";

    /// <summary>Rents a fence from the pool.</summary>
    /// <param name="source">The producer's side of the fence. Signaling it returns the slot to the pool.</param>
    /// <returns>False when all slots are pending.</returns>
    /// <remarks>Lock-free, never allocates, never blocks.</remarks>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public bool TryRent(out FenceSource source)
    {
        if (Volatile.Read(ref _disposed))
        {
            FenceThrow.PoolDisposed(Name);
        }

        if (!_free.TryTake(out int index))
        {
            source = default;
            FenceKitMeter.Count(FenceKitCounter.PoolExhausted);
            FenceKitEventSource.Log.PoolExhausted(Name, Capacity);
            return false;
        }

        FencePoolSlot slot = _slots[index];
        source = slot.Rent();
        return true;
    }

    /// <summary>Ends the pool: pending fences fault with <see cref="FenceAbandonedException"/>. A second call does nothing.</summary>
    /// <remarks>Callbacks of pending fences run on this thread, before the method returns.</remarks>
    public void Dispose()
    {
        if (Volatile.Read(ref _disposed))
        {
            return;
        }

        Volatile.Write(ref _disposed, true);
        _watchdog?.Dispose();
        foreach (FencePoolSlot slot in _slots)
        {
            slot.Dispose();
        }

        _membership.Dispose();
    }

    internal IReadOnlyList<FencePoolSlot> Slots => _slots;

    /// <summary>Returns a slot. The last step of a signal, after the waiters have their outcome.</summary>
    internal void Return(FencePoolSlot slot) => _free.Put(slot.Index);
}
