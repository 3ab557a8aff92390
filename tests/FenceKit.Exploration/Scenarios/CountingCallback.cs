namespace FenceKit.Exploration;

/// <summary>Remembers how often it ran and what it was told; can do something of its own when it runs.</summary>
internal sealed class CountingCallback(Action? then = null) : FenceCallback
{
    public int Runs { get; private set; }

    public FenceStatus Status { get; private set; }

    public Exception? Fault { get; private set; }

    protected override void OnSignaled(FenceStatus status, Exception? fault)
    {
        Runs++;
        Status = status;
        Fault = fault;
        then?.Invoke();
    }
}
