namespace FenceKit.Exploration;

/// <summary>A subscriber with a lock of its own, which publishes under it after a look at MustRetry.</summary>
internal sealed class LockedMappedPage : MappedPage
{
    private readonly Lock _gate = new();

    public override bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        _gate.Enter();
        Unmap();
        _gate.Exit();
        fence = default;
        return true;
    }

    private protected override bool TryMap(InvalidationSequence sequence)
    {
        int memory = SeeMemory();
        _gate.Enter();
        bool isCurrent = !Subscription.MustRetry(sequence);
        if (isCurrent)
        {
            Publish(memory);
        }

        _gate.Exit();
        return isCurrent;
    }
}

/// <summary>A page with a second subscriber, which never lets the owner have it.</summary>
internal sealed class RefusedPage : MappedPage
{
    public RefusedPage() => Notifier.Subscribe(Page, new Refuser(), "refuser");
}

/// <summary>A subscriber whose device needs time to let go: it hands back a fence, and a thread of its own signals that.</summary>
internal sealed class DeviceMappedPage : MappedPage
{
    private readonly FenceTimeline _device = new("device");
    private int _requests;
    private int _owners;

    /// <param name="owners">Calls of <see cref="Replace"/> to come: the device stops when they are over.</param>
    public DeviceMappedPage(int owners) => _owners = owners;

    public override bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        Interlocked.Increment(ref _requests);
        fence = _device.Issue();
        return true;
    }

    public void ReplaceOnce()
    {
        Replace();
        Interlocked.Decrement(ref _owners);
    }

    public void RunDevice()
    {
        ulong done = 0;
        while (true)
        {
            Explored.WaitUntil(() => _device.Issued > done || _owners == 0, "the device has something to do");
            if (_device.Issued == done)
            {
                return;
            }

            Unmap();
            done++;
            _device.Signal(done);
        }
    }
}
