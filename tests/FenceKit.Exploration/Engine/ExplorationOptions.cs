namespace FenceKit.Exploration;

/// <summary>How far an exploration looks.</summary>
public sealed record ExplorationOptions
{
    /// <summary>How often a thread may be interrupted although it could go on. Most concurrency bugs need one or two.</summary>
    public int Preemptions { get; init; } = 2;

    public MemoryModel Memory { get; init; } = MemoryModel.SequentiallyConsistent;

    /// <summary>How many writes may wait in store buffers, not counting those that queue up behind one. Most bugs need one.</summary>
    public int DelayedWrites { get; init; } = 1;

    /// <summary>Stops there and says that it did not see everything.</summary>
    public long MaximumInterleavings { get; init; } = 400_000;

    /// <summary>An execution that needs more steps is reported as a livelock.</summary>
    public int MaximumSteps { get; init; } = 5_000;
}
