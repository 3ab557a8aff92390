// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Work that is started here and runs elsewhere: a separate flow, which other code may wait for.</summary>
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

    /// <summary>Work that no code can wait for.</summary>
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

    // The work continues after it has returned, with the execution context of that moment, so nothing is restored.
    public static Func<TTask> WrapAsync<TTask>(LockFork fork, Func<TTask> work) => () =>
    {
        Session.Validator.EnterFork(fork);
        return work();
    };
}
