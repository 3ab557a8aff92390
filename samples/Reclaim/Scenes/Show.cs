// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;
using FenceKit.Samples.Reclaim.Reporting;

namespace FenceKit.Samples.Reclaim.Scenes;

/// <summary>The four scenes, one after the other, each with its share of the time.</summary>
internal sealed class Show(Backend backend, TimeSpan duration, bool withHang, CancellationToken cancellation)
{
    /// <summary>As the display calls them.</summary>
    public static IReadOnlyList<string> Scenes { get; } =
        ["1 Without a notifier", "2 With FenceKit", "3 Sequential or split", "4 Reclaim under budget"];

    private static ReadOnlySpan<double> Shares => [0.05, 0.40, 0.20, 0.35];

    /// <param name="progressOf">Whom to tell about the scene with this index.</param>
    public ShowResult Run(Func<int, IProgress<SceneProgress>> progressOf)
    {
        using var file = new DataFile(blocks: 2048);
        WithoutNotifierResult without = Play(0, WithoutNotifier.Run);
        WithFenceKitResult with = Play(1, WithFenceKit.Run);
        IReadOnlyList<SplitResult> split = Play(2, SequentialOrSplit.Run);
        ReclaimResult reclaim = Play(3, ReclaimUnderBudget.Run);
        return new ShowResult(backend.Name, without, with, split, reclaim);

        T Play<T>(int scene, Func<SceneContext, T> run)
        {
            var context = new SceneContext(backend, file, duration * Shares[scene], withHang, progressOf(scene), cancellation);
            return run(context);
        }
    }
}
