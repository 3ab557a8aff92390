// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Remote;

/// <summary>What was measured with so many nodes; times in microseconds.</summary>
/// <param name="Nodes">How many nodes heard.</param>
/// <param name="Publish">The middle time of one plain publish to all of them, until the server's reply is there.</param>
/// <param name="PublishAndBack">The middle time of one plain publish to all of them, until each has published back.</param>
/// <param name="Invalidate">The middle time of an invalidation: scheduled, completed with proof, committed.</param>
/// <param name="InvalidateP99">The 99th of a hundred of those.</param>
/// <param name="InvalidateManyPerSecond">Invalidations a second with 32 of them open at a time, each with a range of its own.</param>
internal sealed record RemotePoint(
    int Nodes, double Publish, double PublishAndBack, double Invalidate, double InvalidateP99, double InvalidateManyPerSecond)
{
    internal double RatioToPublish => Invalidate / Publish;
}
