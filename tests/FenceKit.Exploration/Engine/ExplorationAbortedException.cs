namespace FenceKit.Exploration;

/// <summary>Unwinds the other threads of a scenario once a failure is recorded. It is never the failure itself.</summary>
public sealed class ExplorationAbortedException : Exception
{
    public ExplorationAbortedException()
        : base("The exploration was stopped.")
    {
    }
}
