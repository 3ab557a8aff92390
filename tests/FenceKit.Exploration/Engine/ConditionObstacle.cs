namespace FenceKit.Exploration;

/// <summary>A scenario's own condition, evaluated by the scheduler, outside the instrumentation.</summary>
internal sealed class ConditionObstacle(Func<bool> condition, string text) : IObstacle
{
    public bool IsClearFor(LogicalThread thread)
    {
        using LogicalThread.Suspension suspension = LogicalThread.Suspend();
        return condition();
    }

    public string Describe() => $"waits until {text}";
}
