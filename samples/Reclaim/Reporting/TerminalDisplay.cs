// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Scenes;
using Spectre.Console;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>For people: a bar for each scene while it runs, and a table at the end.</summary>
internal sealed class TerminalDisplay : IDisplay
{
    /// <summary>Whether somebody watches, on something that can draw bars.</summary>
    public static bool IsPossible => !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

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
        Table table = new Table { ShowHeaders = false, ShowRowSeparators = true, Border = TableBorder.Rounded }.AddColumns("", "");
        foreach ((string scene, IReadOnlyList<string> lines) in Show.Scenes.Zip(SummaryText.Of(result)))
        {
            table.AddRow(new Text(scene), new Markup(string.Join('\n', lines)));
        }

        AnsiConsole.Write(table);
    }
}
