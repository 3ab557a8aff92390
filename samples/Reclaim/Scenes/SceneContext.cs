// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Scenes;

/// <summary>How far a scene is, and the one figure worth watching meanwhile.</summary>
internal readonly record struct SceneProgress(double Fraction, string Detail);

/// <summary>What every scene is given: where it plays, how long it may take, and whom to tell.</summary>
internal sealed class SceneContext(
    Backend backend,
    DataFile file,
    TimeSpan duration,
    bool withHang,
    IProgress<SceneProgress> progress,
    CancellationToken cancellation)
{
    private readonly long _began = TimeProvider.System.GetTimestamp();

    public Backend Backend { get; } = backend;

    public DataFile File { get; } = file;

    public TimeSpan Duration { get; } = duration;

    /// <summary>Whether a device is to get stuck where nobody can back off.</summary>
    public bool WithHang { get; } = withHang;

    /// <summary>The part of the time that has gone by; 1 when the scene should end.</summary>
    public double Elapsed => TimeProvider.System.GetElapsedTime(_began) / Duration;

    public void Report(double fraction, string detail) => progress.Report(new SceneProgress(Math.Clamp(fraction, 0, 1), detail));

    public void ThrowIfCancelled() => cancellation.ThrowIfCancellationRequested();
}
