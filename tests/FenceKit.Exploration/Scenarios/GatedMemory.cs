namespace FenceKit.Exploration;

/// <summary>Memory behind a reader gate, whose owner replaces and frees it. A reader must never touch what is free.</summary>
internal sealed class GatedMemory
{
    private readonly bool[] _isFree = new bool[8];
    private int _current; // the number of the memory that readers find

    public GatedMemory() => Gate = new ReaderGate(Notifier, MappedPage.Page, "readers");

    public InvalidationNotifier Notifier { get; } = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });

    public ReaderGate Gate { get; }

    public int Reads { get; private set; }

    public void Read()
    {
        using (Gate.Enter(MappedPage.Page))
        {
            Touch();
        }
    }

    public void ReadNested()
    {
        using (Gate.Enter(MappedPage.Page))
        {
            int outer = Touch();
            using (Gate.Enter(MappedPage.Page))
            {
                Touch();
            }

            Assert.False(_isFree[outer], "freed while an outer reader was inside");
        }
    }

    public void TryRead()
    {
        if (Gate.TryEnter(MappedPage.Page, out ReaderScope scope))
        {
            using (scope)
            {
                Touch();
            }
        }
    }

    public void Replace()
    {
        Assert.True(Notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            int old = Volatile.Read(ref _current);
            Volatile.Write(ref _current, old + 1);
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
            _isFree[old] = true;
            session.Commit();
        }
    }

    public void ReplaceOrBackOff()
    {
        Assert.True(Notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            int old = Volatile.Read(ref _current);
            Volatile.Write(ref _current, old + 1);
            if (session.TryWait() == InvalidationOutcome.Completed)
            {
                _isFree[old] = true;
                session.Commit();
            }
            else
            {
                Volatile.Write(ref _current, old);
                session.BackOff();
            }
        }
    }

    /// <summary>Also gives the gate's index back; without that, the threads' tables would grow with every interleaving.</summary>
    public void CheckAtRest()
    {
        Assert.Equal(0, Notifier.ActiveSessions);
        Span<ReaderHoldout> holdouts = new ReaderHoldout[1];
        Assert.Equal(0, Gate.CopyHoldouts(holdouts));
        Gate.Dispose();
    }

    private int Touch()
    {
        int memory = Volatile.Read(ref _current);
        Assert.False(_isFree[memory], "found memory that is free");
        Volatile.Read(ref _current);
        Assert.False(_isFree[memory], "freed while a reader was inside");
        Reads++;
        return memory;
    }
}
