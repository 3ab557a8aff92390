// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Scenes;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>Where the show is seen.</summary>
internal interface IDisplay
{
    void Announce(BackendChoice choice);

    /// <summary>Shows the progress of all scenes while <paramref name="show"/> runs.</summary>
    ShowResult Watch(IReadOnlyList<string> scenes, Func<Func<int, IProgress<SceneProgress>>, ShowResult> show);

    void Summarize(ShowResult result);
}
