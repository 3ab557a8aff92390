namespace FenceKit.Exploration;

/// <summary>
/// Decides who goes next. Actors below the number n of threads are threads; actor n + i flushes the oldest buffered write of thread i;
/// actor 2 n + i stands for thread i going on with its next write delayed.
/// </summary>
internal interface ISchedule
{
    /// <summary>Asked at the end of an execution: it did not go as the same choices went before.</summary>
    bool HasDiverged { get; }

    int Choose(in ChoicePoint point);

    /// <summary>Moves on to the next schedule; false when there is none.</summary>
    bool Advance();

    /// <summary>Starts over, after the warm-up.</summary>
    void Restart();
}

/// <param name="Position">How many choices of this execution came before.</param>
/// <param name="Options">Bit set of the actors that can go.</param>
/// <param name="Current">The thread that went last, or -1.</param>
/// <param name="CurrentMayGoOn">Choosing another thread interrupts it: that is a preemption.</param>
internal readonly record struct ChoicePoint(int Position, uint Options, int Current, bool CurrentMayGoOn, int ThreadCount)
{
    /// <summary>Options that interrupt nobody and prepare no interruption: flushing the current thread's write is pointless unless another thread comes next.</summary>
    public uint OptionsWithoutPreemption
    {
        get
        {
            uint threads = (1u << ThreadCount) - 1;
            uint othersFlushes = ~threads & ~(1u << (ThreadCount + Current));
            uint free = CurrentMayGoOn ? Options & ((1u << Current) | othersFlushes) : Options;
            return free == 0 ? Options : free;
        }
    }

    public bool IsPreemption(int actor) => CurrentMayGoOn && actor < ThreadCount && actor != Current;
}
