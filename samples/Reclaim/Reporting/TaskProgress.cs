// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Scenes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>Passes a scene's progress on to its bar.</summary>
internal sealed class TaskProgress : IProgress<SceneProgress>
{
    private readonly ProgressTask _task;

    public TaskProgress(ProgressTask task)
    {
        _task = task;
        task.StartTask();
    }

    public void Report(SceneProgress value)
    {
        _task.Value = value.Fraction;
        _task.State.Update<SceneProgress>(DetailColumn.Key, _ => value);
    }
}

/// <summary>The figure beside the bar.</summary>
internal sealed class DetailColumn : ProgressColumn
{
    public const string Key = "detail";

    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
        new Text(task.State.Get<SceneProgress>(Key).Detail ?? "", Color.Grey).Overflow(Overflow.Ellipsis);
}
