// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Work that is started here and runs elsewhere: a flow of its own, which somebody may wait for.</summary>
internal static class StartedWork
{
    public static LockFork Begin()
    {
        var fork = new LockFork { IsExplicit = true, Guards = Session.Validator.HeldByThread() };
        if (fork.Guards.Length > 0)
        {
            RunEnd.Add(fork);
        }

        return fork;
    }

    /// <summary>Work for which nobody can wait.</summary>
    public static LockFork BeginDetached() => new() { IsExplicit = true, IsDetached = true };

    public static Action Wrap(LockFork fork, Action work) => () =>
    {
        FlowNode? before = Session.Validator.EnterFork(fork);
        try
        {
            work();
        }
        finally
        {
            Session.Validator.LeaveFork(before);
        }
    };

    public static Func<TResult> Wrap<TResult>(LockFork fork, Func<TResult> work) => () =>
    {
        FlowNode? before = Session.Validator.EnterFork(fork);
        try
        {
            return work();
        }
        finally
        {
            Session.Validator.LeaveFork(before);
        }
    };

    // The work goes on after it has returned, with the execution context that it has then; so nothing is taken back.
    public static Func<TTask> WrapAsync<TTask>(LockFork fork, Func<TTask> work) => () =>
    {
        Session.Validator.EnterFork(fork);
        return work();
    };
}
