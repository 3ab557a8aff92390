namespace FenceKit.Exploration;

/// <summary>Two places of memory behind a gate. A reader looks twice whether its place is free; it must never be.</summary>
internal sealed class GuardedMemory
{
    private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
    private readonly ReaderGate _gate;
    private readonly int[] _freed = new int[3];
    private readonly Flows _flows = new();
    private ReaderLease _lease;

    public GuardedMemory() => _gate = new ReaderGate(_notifier, new AddressRange(0, 3), "readers");

    public static AddressRange Place { get; } = new(0, 1);

    public static AddressRange OtherPlace { get; } = new(2, 3); // not next to the first: a batch would merge them

    public void Read(AddressRange place)
    {
        try
        {
            // A place that is freed stays free: whoever parks there comes too late, and looks at what the owner says.
            if (!_gate.TryEnter(place, out ReaderScope scope))
            {
                return;
            }

            using (scope)
            {
                Look(place);
            }
        }
        catch (ObjectDisposedException)
        {
            // the gate is closed
        }
    }

    public GuardedMemory WithLease(AddressRange place)
    {
        _lease = _gate.EnterAsync(place, TimeSpan.Zero).AsTask().GetAwaiter().GetResult();
        return this;
    }

    public void ReturnLease() => _lease.Dispose();

    public void ReadByLease(AddressRange place) => _flows.Start(async () =>
    {
        // A lease that had to wait comes after the owner: then both looks see that the place is freed.
        using (await _gate.EnterAsync(place).ConfigureAwait(false))
        {
            Look(place);
        }
    });

    public void ReadNested(AddressRange outer, AddressRange inner)
    {
        if (!_gate.TryEnter(outer, out ReaderScope scope))
        {
            return;
        }

        using (scope)
        {
            if (_gate.TryEnter(inner, out ReaderScope nested))
            {
                using (nested)
                {
                    Look(inner);
                }
            }
        }
    }

    public void Free(AddressRange place)
    {
        Assert.True(_notifier.TrySchedule(place, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));

        // Freed, and taken by somebody else before the session ends: the reader's two looks must see the same.
        Volatile.Write(ref _freed[place.Start], 1);
        Interlocked.MemoryBarrier();
        session.Commit();
    }

    public void FreeBoth()
    {
        InvalidationBatch batch = _notifier.CreateBatch();
        batch.Add(OtherPlace);
        batch.Add(Place);
        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
        Volatile.Write(ref _freed[Place.Start], 1);
        Volatile.Write(ref _freed[OtherPlace.Start], 1);
        Interlocked.MemoryBarrier();
        session.Commit();
    }

    public void ScheduleAndBackOff(AddressRange place)
    {
        Assert.True(_notifier.TrySchedule(place, InvalidationReason.Unmap, out InvalidationSession session));
        session.BackOff();
    }

    public void DisposeGateAndFree(AddressRange place)
    {
        _gate.Dispose();
        Free(place);
    }

    public void ShutDown()
    {
        IReadOnlyList<QuarantinedMemory> held = _notifier.Release(Timeout.InfiniteTimeSpan);
        Assert.Empty(held);
        Volatile.Write(ref _freed[Place.Start], 1);
        Volatile.Write(ref _freed[OtherPlace.Start], 1);
    }

    /// <summary>Everybody has left, so every fence has signaled without anyone's help.</summary>
    public void CheckAtRest()
    {
        _flows.CheckOver();
        Assert.Equal(0, _gate.CopyHoldouts(default));
        Assert.Equal(0, _notifier.ActiveSessions);
    }

    /// <summary>The table, then the memory: what the table called alive must be alive when it is used.</summary>
    private void Look(AddressRange place)
    {
        int table = Volatile.Read(ref _freed[place.Start]);
        int memory = Volatile.Read(ref _freed[place.Start]);
        Assert.Equal(table, memory);
    }
}

/// <summary>A mapper that publishes through its subscription only, so the notifier may pass it over.</summary>
internal sealed class TrackedPage : IInvalidationSubscriber
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);
    private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
    private readonly InvalidationSubscription _subscription;
    private readonly Lock _lock = new();
    private int _memory = 1;
    private int _mapping;

    public TrackedPage() =>
        _subscription = _notifier.Subscribe(s_page, this, "mapper", new InvalidationSubscriptionOptions { MapsThroughSubscription = true });

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        _lock.Enter();
        Volatile.Write(ref _mapping, 0);
        _lock.Exit();
        fence = default;
        return true;
    }

    public void TryMap()
    {
        if (!_subscription.TryBeginRead(s_page, out InvalidationSequence sequence))
        {
            return;
        }

        int memory = Volatile.Read(ref _memory);
        if (_subscription.TryPopulate(sequence, out PopulateScope scope))
        {
            using (scope)
            {
                Volatile.Write(ref _mapping, memory);
            }
        }
    }

    public void TryMapUnderLock()
    {
        if (!_subscription.TryBeginRead(s_page, out InvalidationSequence sequence))
        {
            return;
        }

        int memory = Volatile.Read(ref _memory);
        _lock.Enter();
        if (!_subscription.MustRetry(sequence))
        {
            Volatile.Write(ref _mapping, memory);
        }

        _lock.Exit();
    }

    public void BackOffThenFree()
    {
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        session.BackOff();
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out session));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, Volatile.Read(ref _mapping));
        Interlocked.Increment(ref _memory);
        Assert.Equal(0, Volatile.Read(ref _mapping));
        session.Commit();
    }

    public void CheckNotStale() => Assert.True(_mapping == 0 || _mapping == _memory, "the mapping is stale");
}
