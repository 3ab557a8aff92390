namespace FenceKit.Exploration;

/// <summary>A scenario's own condition. It is evaluated by the scheduler and must only read plain state.</summary>
internal sealed class ConditionObstacle(Func<bool> condition, string text) : IObstacle
{
    public bool IsClearFor(LogicalThread thread) => condition();

    public string Describe() => $"waits until {text}";
}
