namespace FenceKit.Exploration;

/// <summary>What a scenario's body may ask of the explorer.</summary>
public static class Explored
{
    /// <summary>Waits, as for an event outside the scenario's own code.</summary>
    public static void WaitUntil(Func<bool> condition, string text)
    {
        LogicalThread thread = LogicalThread.Current ?? throw new InvalidOperationException("Only a body of a scenario can wait.");
        thread.StepPast(new ConditionObstacle(condition, text));
        thread.Note($"has waited until {text}");
    }

    /// <summary>Cancels. A body that calls Cancel itself would hide from the explorer that its callbacks are under way.</summary>
    public static void Cancel(CancellationTokenSource source)
    {
        LogicalThread thread = LogicalThread.Current ?? throw new InvalidOperationException("Only a body of a scenario can cancel.");
        thread.Step();
        thread.DrainStores();
        thread.Note("cancels");
        thread.Changed();
        thread.IsCanceling = true;
        source.Cancel();
        thread.IsCanceling = false;
    }
}
