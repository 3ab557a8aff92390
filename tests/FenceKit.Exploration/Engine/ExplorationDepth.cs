using System.Globalization;

namespace FenceKit.Exploration;

/// <summary>
/// How much further than usual this test run looks: FENCEKIT_EXPLORATION_DEPTH=1 allows one preemption more everywhere, and so on. The
/// usual bounds are those that a build server has time for.
/// </summary>
internal static class ExplorationDepth
{
    private const long UsualMaximum = 1_300_000; // a minute
    private const long DeepMaximum = 4_000_000;

    /// <summary>Preemptions beyond the usual ones.</summary>
    public static int Extra { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_EXPLORATION_DEPTH"), CultureInfo.InvariantCulture, out int extra) ? extra : 0;

    public static long MaximumInterleavings => Extra > 0 ? DeepMaximum : UsualMaximum;

    public static int RandomFactor => Extra > 0 ? 10 * Extra : 1;
}
