namespace FenceKit.Exploration;

/// <summary>What an exploration saw.</summary>
/// <param name="Interleavings">Different schedules that were run to their end.</param>
/// <param name="IsExhaustive">Every schedule within the bound was run.</param>
public sealed record ExplorationResult(string Scenario, long Interleavings, bool IsExhaustive, TimeSpan Elapsed, ExplorationFailure? Failure)
{
    public double InterleavingsPerSecond => Interleavings / Math.Max(Elapsed.TotalSeconds, 1e-6);
}

/// <summary>The first schedule on which something did not hold.</summary>
/// <param name="Replay">Give it to <see cref="Explorer.Replay"/>.</param>
/// <param name="Trace">One column for each thread, one line for each operation; empty before the failure has been replayed.</param>
public sealed record ExplorationFailure(string Message, string Replay, string Trace, Exception? Cause);
