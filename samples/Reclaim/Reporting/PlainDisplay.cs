// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Scenes;
using Spectre.Console;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>For pipes, files and build servers: the result only, in plain lines.</summary>
internal sealed class PlainDisplay(TextWriter output) : IDisplay
{
    public void Announce(BackendChoice choice)
    {
        output.WriteLine($"FenceKit Reclaim on {choice.Backend.Name}");
        if (choice.WhySimulated is not null)
        {
            output.WriteLine($"  simulated: {choice.WhySimulated}");
        }
    }

    public ShowResult Watch(IReadOnlyList<string> scenes, Func<Func<int, IProgress<SceneProgress>>, ShowResult> show) =>
        show(static _ => new Silence());

    public void Summarize(ShowResult result)
    {
        foreach ((string scene, IReadOnlyList<string> lines) in Show.Scenes.Zip(SummaryText.Of(result)))
        {
            output.WriteLine(scene);
            foreach (string line in lines)
            {
                output.WriteLine($"  {Markup.Remove(line)}");
            }
        }
    }

    private sealed class Silence : IProgress<SceneProgress>
    {
        public void Report(SceneProgress value)
        {
        }
    }
}
