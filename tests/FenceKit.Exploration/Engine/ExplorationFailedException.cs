namespace FenceKit.Exploration;

/// <summary>Thrown by <see cref="Explorer.Verify"/>; its message is all that is needed to reproduce the failure.</summary>
public sealed class ExplorationFailedException(string scenario, ExplorationFailure failure)
    : Exception(Format(scenario, failure), failure.Cause)
{
    public ExplorationFailure Failure { get; } = failure;

    private static string Format(string scenario, ExplorationFailure failure) =>
        $"""
        Scenario "{scenario}": {failure.Message}

        Explorer.Replay(scenario, "{failure.Replay}")

        {failure.Trace}
        """;
}
