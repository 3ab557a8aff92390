// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for <c>Unwrap</c>, whose task ends with the work that another task has begun. That work is in the flow of the other task, so a thread that waits for the
/// one waits for the other.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.TaskExtensions")]
public static class UnwrapCalls
{
    public static Task Unwrap(Task<Task> task) => Noted(task.Unwrap(), task);

    public static Task<TResult> Unwrap<TResult>(Task<Task<TResult>> task) => Noted(task.Unwrap(), task);

    private static TTask Noted<TTask>(TTask unwrapped, Task outer)
        where TTask : Task
    {
        if (Session.IsOn)
        {
            new TaskNote { Before = new WeakReference<Task>(outer) }.Attach(unwrapped);
        }

        return unwrapped;
    }
}
