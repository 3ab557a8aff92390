// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A bar while assemblies are rewritten, where a person looks; nothing in a pipe.</summary>
internal static class RewriteProgress
{
    /// <summary>Does something that tells how far it is.</summary>
    public static TResult Show<TResult>(Terminal terminal, Func<Action<int, int>?, TResult> work)
        => terminal.IsErrorSeen ? ShowBar(terminal, work) : work(null);

    // The library for terminals is not even loaded where nobody looks.
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
