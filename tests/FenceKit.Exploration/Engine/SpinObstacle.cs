namespace FenceKit.Exploration;

/// <summary>
/// A spinning thread comes back only after somebody else has changed memory. Without that rule a spin loop has
/// endlessly many interleavings; with it, "all threads spin and nobody writes" is a livelock that can be reported.
/// </summary>
internal sealed class SpinObstacle : IObstacle
{
    /// <summary>Changes made by others up to the start of the loop's current turn: what its reads can have missed.</summary>
    private long _seen;

    public void Restart() => _seen = 0;

    public void BeginTurn(LogicalThread thread) => _seen = thread.ChangesOfOthers;

    public bool IsClearFor(LogicalThread thread) => thread.ChangesOfOthers != _seen && !thread.SpinsInVain;

    public string Describe() => "spins until somebody else changes memory";
}
