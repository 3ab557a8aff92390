namespace FenceKit.Exploration;

/// <summary>How much of the machine's reordering an exploration shows.</summary>
public enum MemoryModel
{
    /// <summary>Every write is seen by everybody at once.</summary>
    SequentiallyConsistent,

    /// <summary>A <c>Volatile.Write</c> may stay in the writer's store buffer, in order, until its next interlocked operation or full fence.</summary>
    TotalStoreOrder,
}
