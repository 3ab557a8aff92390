namespace FenceKit.Exploration;

internal sealed partial class LogicalThread
{
    /// <summary>For invariants and traces: code that runs on a logical thread without being part of the scenario.</summary>
    public static Suspension Suspend()
    {
        var suspension = new Suspension(t_current);
        t_current = null;
        return suspension;
    }

    internal readonly ref struct Suspension(LogicalThread? thread)
    {
        public void Dispose() => t_current = thread;
    }
}
