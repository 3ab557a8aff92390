// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Samples;

/// <summary>What a person sees: bars and colors in a terminal, whole plain lines in a file or a pipe.</summary>
internal static class Terminal
{
    private const int PlainWidth = 160; // a pipe has no width, and cut lines help nobody

    /// <summary>Before the first line is written.</summary>
    internal static void Prepare()
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            AnsiConsole.Profile.Capabilities.Interactive = false;
            AnsiConsole.Profile.Width = PlainWidth;
        }
    }

    /// <summary>Runs something that takes longer than a moment. It reports how far it is, from 0 to 1.</summary>
    internal static T Watch<T>(string what, Func<IProgress<double>, T> work)
    {
        if (!AnsiConsole.Profile.Capabilities.Ansi)
        {
            AnsiConsole.WriteLine($"{what} ...");
            return work(new Bar(null));
        }

        return Bars().Start(context => work(new Bar(context.AddTask(Markup.Escape(what), maxValue: 1))));
    }

    /// <summary>The same for something that awaits.</summary>
    internal static async Task<T> WatchAsync<T>(string what, Func<IProgress<double>, Task<T>> work)
    {
        if (!AnsiConsole.Profile.Capabilities.Ansi)
        {
            AnsiConsole.WriteLine($"{what} ...");
            return await work(new Bar(null));
        }

        return await Bars().StartAsync(context => work(new Bar(context.AddTask(Markup.Escape(what), maxValue: 1))));
    }

    private static Progress Bars() => AnsiConsole.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new RemainingTimeColumn());

    private sealed class Bar(ProgressTask? task) : IProgress<double>
    {
        public void Report(double value)
        {
            if (task is not null)
            {
                task.Value = value;
            }
        }
    }
}
