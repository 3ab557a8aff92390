using FenceKit.Remote;

namespace FenceKit.Exploration;

/// <summary>A node with one copy, in a process of its own: a clock, a notifier, and readers who may be anywhere when something happens.</summary>
internal sealed class RemoteCopy : IInvalidationSubscriber
{
    private const long None = -1;

    private readonly RemoteWorld _world;
    private readonly InvalidationNotifier _notifier = new("node", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
    private readonly InvalidationSubscription _subscription;
    private long _value = None;

    internal RemoteCopy(RemoteWorld world)
    {
        _world = world;
        Connection = world.Transport.Connect("node");
        _subscription = _notifier.Subscribe(RemoteWorld.Range, this, "copy");
        RemoteNodeOptions options = new() { Name = "node", TimeProvider = Clock, ClockDriftBound = RemoteWorld.Drift, RejoinJitter = TimeSpan.Zero };
        Node = new RemoteInvalidationNode(_notifier, RemoteWorld.Range, Connection, "explored", options, isStepped: true);
    }

    internal ManualClock Clock { get; } = new();

    internal InMemoryConnection Connection { get; }

    internal RemoteInvalidationNode Node { get; }

    /// <summary>Readers that are inside, or on the way in or out.</summary>
    internal int ReadersInside { get; private set; }

    /// <summary>Reads that were served from the copy.</summary>
    internal int Served { get; private set; }

    internal bool IsEmpty => Volatile.Read(ref _value) == None;

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        Volatile.Write(ref _value, None);
        return true;
    }

    internal void Pump() => Node.Pump();

    /// <summary>The promise: no read that begins after a commit is served from a copy that was taken before.</summary>
    internal void Read()
    {
        long before = Volatile.Read(ref _world.Committed);
        ReadersInside++;
        if (Node.TryEnter(RemoteWorld.Range, out LeasedScope scope))
        {
            using (scope)
            {
                long value = Volatile.Read(ref _value);
                if (value != None)
                {
                    Served++;
                    Assert.True(value >= before, $"the read began after the commit of {before}, and was served {value}");
                }
            }
        }

        ReadersInside--;
    }

    /// <summary>A reader in place: what it has read counts only when the lease has held all the time.</summary>
    internal void ReadInPlace()
    {
        ReadersInside++;
        if (Node.TryEnter(RemoteWorld.Range, out LeasedScope scope))
        {
            long before = Volatile.Read(ref _world.Committed);
            long origin = Volatile.Read(ref _world.Origin); // the memory itself, which the owner changes only when nobody is inside
            if (scope.Leave())
            {
                Served++;
                Assert.True(origin == before, $"the memory changed from {before} to {origin} under a reader that was inside all the time");
            }
        }

        ReadersInside--;
    }

    internal void Fill()
    {
        if (_subscription.TryBeginRead(RemoteWorld.Range, out InvalidationSequence sequence))
        {
            long value = Volatile.Read(ref _world.Origin);
            if (_subscription.TryPopulate(sequence, out PopulateScope publishing))
            {
                using (publishing)
                {
                    Volatile.Write(ref _value, value);
                }
            }
        }
    }
}
