// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>Shows a progress bar while assemblies are rewritten, in an interactive terminal only.</summary>
internal static class RewriteProgress
{
    /// <summary>Runs a function that reports its progress.</summary>
    public static TResult Show<TResult>(Terminal terminal, Func<Action<int, int>?, TResult> work)
        => terminal.IsErrorSeen ? ShowBar(terminal, work) : work(null);

    // The terminal library is not even loaded if the output is not interactive.
    private static TResult ShowBar<TResult>(Terminal terminal, Func<Action<int, int>?, TResult> work)
        => terminal.ErrorConsole.Progress().AutoClear(true).HideCompleted(true).Start(context =>
        {
            ProgressTask task = context.AddTask("rewriting", autoStart: true);
            return work((done, all) =>
            {
                task.MaxValue = all;
                task.Value = done;
            });
        });
}
