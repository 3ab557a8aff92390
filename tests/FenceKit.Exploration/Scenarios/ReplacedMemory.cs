namespace FenceKit.Exploration;

/// <summary>Memory that its owner takes out of reach before it schedules; readers never park.</summary>
internal sealed class ReplacedMemory
{
    private static readonly AddressRange s_place = new(0, 1);
    private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
    private readonly ReaderGate _gate;
    private readonly int[] _freed = new int[2];
    private int _current;

    public ReplacedMemory() => _gate = new ReaderGate(_notifier, s_place, "readers", NewReaders.Pass);

    public void Read()
    {
        using (_gate.Enter())
        {
            int current = Volatile.Read(ref _current);
            Assert.Equal(0, Volatile.Read(ref _freed[current]));
        }
    }

    public void Replace()
    {
        Volatile.Write(ref _current, 1);
        Assert.True(_notifier.TrySchedule(s_place, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
        session.Commit();
        Volatile.Write(ref _freed[0], 1);
    }
}
