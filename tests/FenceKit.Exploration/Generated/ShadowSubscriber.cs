namespace FenceKit.Exploration;

/// <summary>How a generated subscriber publishes and lets go.</summary>
[Flags]
internal enum ShadowTraits
{
    None = 0,

    /// <summary>It publishes under a lock of its own, after a look at MustRetry; otherwise inside TryPopulate.</summary>
    OwnLock = 1,

    /// <summary>Everything that it maps passes through its subscription, so the notifier may pass it over.</summary>
    Tracked = 2,

    /// <summary>It needs time to let go: it hands back a fence, and a thread of the scenario signals it.</summary>
    Device = 4,
}

/// <summary>A subscriber of a generated scenario, with what it has mapped at each place; 0 is nothing.</summary>
internal sealed class ShadowSubscriber : IInvalidationSubscriber
{
    private readonly ShadowTraits _traits;
    private readonly Lock _lock = new();
    private readonly FenceTimeline _device = new("device");
    private readonly Queue<AddressRange> _requests = new();
    private readonly bool _isFlawed;
    private readonly bool _publishesBlindly;
    private readonly InvalidationSubscription _subscription;
    private readonly int[] _mapping;

    public ShadowSubscriber(InvalidationNotifier notifier, AddressRange range, int places, ShadowTraits traits, ShadowFlaw flaw)
    {
        _traits = traits;
        _isFlawed = flaw == ShadowFlaw.SkipsOneSubscriber;
        _publishesBlindly = flaw == ShadowFlaw.PublishesWithoutLooking;
        _mapping = new int[places];
        _subscription = notifier.Subscribe(
            range, this, traits.ToString(), new InvalidationSubscriptionOptions { MapsThroughSubscription = traits.HasFlag(ShadowTraits.Tracked) });
    }

    public bool HasRequests => _requests.Count > 0;

    public int MappedAt(int place) => _mapping[place];

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        if (_isFlawed)
        {
            return true;
        }

        if (_traits.HasFlag(ShadowTraits.Device))
        {
            fence = _device.Issue();
            _requests.Enqueue(request.Overlap);
            return true;
        }

        Unmap(request.Overlap);
        return true;
    }

    /// <summary>On the device's thread: lets go of what was asked for first.</summary>
    public void ServeOne()
    {
        Unmap(_requests.Dequeue());
        _device.Signal(_device.Completed + 1);
    }

    /// <summary>Looks at the memory, and publishes what it saw unless it was overtaken.</summary>
    public void TryMap(AddressRange range, int[] memory)
    {
        if (!_subscription.TryBeginRead(range, out InvalidationSequence sequence))
        {
            return;
        }

        Span<int> built = stackalloc int[memory.Length];
        for (int place = (int)range.Start; place < (int)range.End; place++)
        {
            built[place] = Volatile.Read(ref memory[place]);
        }

        if (_publishesBlindly)
        {
            Publish(range, built);
        }
        else if (_traits.HasFlag(ShadowTraits.OwnLock))
        {
            _lock.Enter();
            if (!_subscription.MustRetry(sequence))
            {
                Publish(range, built);
            }

            _lock.Exit();
        }
        else if (_subscription.TryPopulate(sequence, out PopulateScope scope))
        {
            using (scope)
            {
                Publish(range, built);
            }
        }
    }

    private void Publish(AddressRange range, ReadOnlySpan<int> built)
    {
        for (int place = (int)range.Start; place < (int)range.End; place++)
        {
            Volatile.Write(ref _mapping[place], built[place]);
        }
    }

    private void Unmap(AddressRange range)
    {
        _lock.Enter();
        for (int place = (int)range.Start; place < (int)range.End; place++)
        {
            Volatile.Write(ref _mapping[place], 0);
        }

        _lock.Exit();
    }
}
