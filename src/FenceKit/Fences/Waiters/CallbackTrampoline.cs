// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Runs the callbacks of signals that find the stack of their thread almost used up, one after the other instead of one inside the other. So
/// a chain of any length, in which each callback signals the next fence, runs to its end.
/// </summary>
/// <remarks>
/// <para>
/// A signal with enough stack runs its callbacks itself and never comes here. The first one without enough of it runs its callbacks here.
/// Every signal from inside those is still deeper in the same stack, so it comes here too, finds that the thread is running callbacks
/// already, and leaves its own at the end of the queue. Nothing is left in the queue when the first one returns; so all further up, who had
/// enough stack, find as always that a signal returns when its callbacks have run.
/// </para>
/// <para>
/// The queue is linked through the nodes: they are Detached, so nobody else uses their links, and their timeline and outcome stay as they
/// are. Nothing is allocated, and a thread refers to no node when it is done.
/// </para>
/// </remarks>
internal static class CallbackTrampoline
{
    [ThreadStatic]
    private static FenceCallback? t_first;

    [ThreadStatic]
    private static FenceCallback? t_last;

    [ThreadStatic]
    private static bool t_isRunning;

    /// <summary>Whether a signal may run callbacks on the stack as it is.</summary>
    internal static bool HasRoom => RuntimeHelpers.TryEnsureSufficientExecutionStack();

    /// <summary>Runs callbacks that are detached, or leaves them to the caller further up that is running callbacks here.</summary>
    /// <param name="batch">The callbacks of one signal, linked through Next.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Run(FenceCallback batch)
    {
        Append(batch);
        if (t_isRunning)
        {
            return;
        }

        t_isRunning = true;
        try
        {
            while (t_first is { } next)
            {
                t_first = null;
                t_last = null;
                FenceTimeline.RunBatch(next);
            }
        }
        finally
        {
            t_isRunning = false;
        }
    }

    private static void Append(FenceCallback batch)
    {
        if (t_last is { } last)
        {
            last.Next = batch;
        }
        else
        {
            t_first = batch;
        }

        FenceCallback end = batch;
        while (end.Next is { } next)
        {
            end = next;
        }

        t_last = end;
    }
}
