// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Scenes;
using Spectre.Console;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>For people: a bar for each scene while it runs, and a table at the end.</summary>
internal sealed class TerminalDisplay : IDisplay
{
    private static readonly string[] s_verdictColors = ["red", "green", "green", "green"];

    public void Announce(BackendChoice choice)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]FenceKit · Reclaim[/] on [aqua]{choice.Backend.Name}[/]");
        if (choice.WhySimulated is not null)
        {
            AnsiConsole.MarkupLineInterpolated($"[yellow]simulated[/]: {choice.WhySimulated}");
        }

        AnsiConsole.WriteLine();
    }

    public ShowResult Watch(IReadOnlyList<string> scenes, Func<Func<int, IProgress<SceneProgress>>, ShowResult> show) =>
        AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 16 },
                new DetailColumn())
            .Start(context =>
            {
                ProgressTask[] tasks = [.. scenes.Select(scene => context.AddTask(scene, autoStart: false, maxValue: 1))];
                return show(scene => new TaskProgress(tasks[scene]));
            });

    public void Summarize(ShowResult result)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("Scene").AddColumn("What happened").AddColumn("Verdict");
        (string Text, bool IsGood)[] verdicts = Verdicts(result);
        foreach ((int i, IReadOnlyList<string> lines) in SummaryText.Of(result).Index())
        {
            string color = verdicts[i].IsGood ? s_verdictColors[i] : "yellow";
            table.AddRow(
                new Text(Show.Scenes[i]),
                new Text(string.Join('\n', lines)),
                new Markup($"[{color}]{Markup.Escape(verdicts[i].Text)}[/]"));
        }

        AnsiConsole.Write(table);
    }

    private static (string Text, bool IsGood)[] Verdicts(ShowResult result) =>
    [
        ($"{result.Without.Stale} stale", result.Without.Stale > 0),
        ($"{result.With.Stale} stale", result.With.Stale == 0),
        ($"×{result.Split[^1].Ratio:F1}", result.Split[^1].Ratio > 1),
        ($"{result.Reclaim.Corrupt} corrupt", result.Reclaim.Corrupt == 0),
    ];
}
