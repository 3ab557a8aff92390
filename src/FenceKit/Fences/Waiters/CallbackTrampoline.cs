// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Runs callbacks one after the other, instead of nested, when the stack of the thread is almost used up. So a chain in which each callback
/// signals the next fence can have any length.
/// </summary>
/// <remarks>
/// <para>
/// A signal with enough stack runs its callbacks itself. The first signal without enough stack runs its callbacks here. Signals from inside
/// these callbacks are still deeper in the same stack, so they get here too, and only append their callbacks to the queue, which the first
/// one works off. The queue is empty when the first one returns. So for all signals further up the stack it holds, as always, that a signal
/// returns after its callbacks have run.
/// </para>
/// <para>
/// The queue is linked through the nodes: they are Detached, so no other code uses their links, and their timeline and outcome do not change.
/// Nothing is allocated, and the thread refers to no node afterwards.
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

    /// <summary>Whether there is enough stack to run callbacks.</summary>
    internal static bool HasRoom => RuntimeHelpers.TryEnsureSufficientExecutionStack();

    /// <summary>Runs detached callbacks, or appends them to the queue of the call further up the stack that is running callbacks here.</summary>
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
