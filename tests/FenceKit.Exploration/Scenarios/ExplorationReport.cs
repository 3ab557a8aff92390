using Xunit.Abstractions;

namespace FenceKit.Exploration;

internal static class ExplorationReport
{
    public static void Report(this ITestOutputHelper output, ExplorationResult result, string how) => output.WriteLine(FormattableString.Invariant(
        $"{result.Scenario}: {result.Interleavings:N0} interleavings ({how}), {result.InterleavingsPerSecond:N0} per second"));
}
