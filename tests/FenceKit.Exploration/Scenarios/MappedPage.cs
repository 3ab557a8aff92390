namespace FenceKit.Exploration;

/// <summary>
/// A page of memory that its owner replaces, and a subscriber that maps it. Whatever the interleaving, the subscriber must never have
/// memory mapped that the owner has given away.
/// </summary>
internal class MappedPage : IInvalidationSubscriber
{
    private int _memory = 1;  // what stands behind the page now
    private int _mapping;     // what the subscriber has mapped; 0 is nothing
    private int _replaced;

    public MappedPage()
    {
        Subscription = Notifier.Subscribe(Page, this, "mapper");
    }

    public static AddressRange Page { get; } = new(0x1000, 0x2000);

    public InvalidationNotifier Notifier { get; } = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });

    public InvalidationSubscription Subscription { get; }

    public bool IsMapped => _mapping != 0;

    public int Replaced => _replaced;

    public virtual bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        Unmap();
        fence = default;
        return true;
    }

    public void Unmap() => Volatile.Write(ref _mapping, 0);

    /// <summary>Maps what is there, unless an invalidation comes between.</summary>
    public bool TryMap() => Subscription.TryBeginRead(Page, out InvalidationSequence sequence) && TryMap(sequence);

    /// <summary>Maps what is there, however often an invalidation comes between.</summary>
    public void Map()
    {
        do
        {
            Assert.True(Subscription.BeginRead(Page, Timeout.InfiniteTimeSpan, out InvalidationSequence sequence));
            if (TryMap(sequence))
            {
                return;
            }
        }
        while (true);
    }

    /// <summary>Phases A, B and C of an owner who gives the memory away.</summary>
    public void Replace() => Replace(Page);

    public void Replace(AddressRange range)
    {
        while (!TryReplace(range))
        {
            // another owner has replaced the memory meanwhile: what stands there now is replaced in its turn
        }
    }

    private bool TryReplace(AddressRange range)
    {
        if (!Notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session))
        {
            return true;
        }

        using (session)
        {
            InvalidationOutcome outcome = session.Wait(Timeout.InfiniteTimeSpan);
            if (outcome == InvalidationOutcome.Superseded)
            {
                return false;
            }

            Assert.Equal(InvalidationOutcome.Completed, outcome);
            Assert.Equal(0, Volatile.Read(ref _mapping));
            Interlocked.Increment(ref _memory);
            _replaced++;
            Assert.Equal(0, Volatile.Read(ref _mapping));
            session.Commit();
            return true;
        }
    }

    /// <summary>The owner tries, and changes its mind.</summary>
    public void ScheduleAndBackOff()
    {
        if (Notifier.TrySchedule(Page, InvalidationReason.Unmap, out InvalidationSession session))
        {
            session.BackOff();
        }
    }

    public void CheckNotStale() => Assert.True(_mapping == 0 || _mapping == _memory, "the mapping is stale");

    public void CheckAtRest()
    {
        CheckNotStale();
        Assert.Equal(0, Notifier.ActiveSessions);
        Assert.True(Subscription.TryBeginRead(Page, out _), "readers are still kept out");
    }

    private protected int SeeMemory() => Volatile.Read(ref _memory);

    private protected void Publish(int memory) => Volatile.Write(ref _mapping, memory);

    private protected virtual bool TryMap(InvalidationSequence sequence)
    {
        int memory = SeeMemory();
        if (!Subscription.TryPopulate(sequence, out PopulateScope scope))
        {
            return false;
        }

        using (scope)
        {
            Publish(memory);
        }

        return true;
    }
}
