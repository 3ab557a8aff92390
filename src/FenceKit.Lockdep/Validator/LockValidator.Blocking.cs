// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

// Threads that block for tasks. Such a thread occupies what the task may need: its context, or its place in the thread pool.
public sealed partial class LockValidator
{
    private static readonly LockMap s_task = new(LockClass.Create("(task)"), "(any)");
    private static readonly LockMap s_pool = new(LockClass.Create("(thread pool)"), "(threads)");

    /// <summary>Records that this thread is about to block for a task.</summary>
    /// <param name="fork">The fork of the task, if the start of the task was tracked.</param>
    /// <param name="blockedInPool">
    /// The number of pool threads that block this way, including this one; 0 if this is not a pool thread, or if the task needs no other
    /// thread.
    /// </param>
    /// <param name="file">The source file of the call.</param>
    /// <param name="line">The line of the call.</param>
    internal void NoteBlocking(LockFork? fork, int blockedInPool, string? file, int line)
    {
        if (LockHolder.CurrentIfAny(this) is { InNoWaitSection: true } stack)
        {
            ReportMisuse(stack, LockViolationKind.WaitInSection, s_task, "A task is blocked for inside a section that must not wait.");
        }

        if (fork is not null)
        {
            Join(fork, blocks: true);
        }

        if (blockedInPool > 0)
        {
            ThreadPool.GetMaxThreads(out int most, out _);
            NoteBlockedPool(PoolStarvation.Judge(blockedInPool, ThreadPool.ThreadCount, most), file, line);
        }
    }

    /// <summary>Records that a task has to continue in a context that runs one thing at a time.</summary>
    /// <remarks>
    /// Does not throw: the exception would have to reach the thread that blocks, which usually already does. The finding is kept.
    /// </remarks>
    internal void NoteContext(LockFork fork, ExclusiveContext context, string? file, int line)
    {
        LockHolder stack = LockHolder.Current(this);
        if (stack.IsSuppressed || stack.IsReporting)
        {
            return;
        }

        ChainRecord record = RecordOf(context.Map, file is null ? null : LockSite.At(file, line));
        try
        {
            NoteWant(
                stack, fork, ChainKey.Mix(1, context.Map.Identity), new ForkedWant([], context.Map, record, Acquisition.NameOf(stack.Thread), IsTentative: false));
        }
        catch (LockViolationException)
        {
            // An exception from here would end the process, because the runtime calls this method.
        }
    }

    /// <summary>
    /// Records that a method has to continue in the context captured by an await here, if the method belongs to a task and the context is
    /// single-threaded.
    /// </summary>
    internal void NoteContinuation(string? file, int line)
    {
        if (FlowNode.ForkOf(_flow.Value) is { } fork && ExclusiveContext.Current is { } context)
        {
            NoteContext(fork, context, file, line);
        }
    }

    // The context counts as held below everything that its thread has acquired.
    private HeldStep[] WithContext(HeldStep[] held)
    {
        return ExclusiveContext.Current is { } context && !Array.Exists(held, step => ReferenceEquals(step.Map, context.Map))
            ? [new HeldStep(context.Map, RecordOf(context.Map, null), null), .. held]
            : held;
    }

    private ChainRecord RecordOf(LockMap context, LockSite? site) => new()
    {
        Class = context.Class,
        Shape = AcquireShape.Of(LockAcquireMode.Exclusive),
        SiteToken = site,
        Site = site,
        Stack = CaptureFor(site),
        Context = default,
    };

    private void NoteBlockedPool(PoolStarvation starvation, string? file, int line)
    {
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        if (stack.IsSuppressed || stack.IsReporting)
        {
            return;
        }

        LockSite? site = file is null ? null : LockSite.At(file, line);
        var found = new Acquisition { Stack = stack, Map = s_pool, Record = RecordOf(s_pool, site), NestedIn = null, Held = ItemsOf(stack, stack.Depth) };
        LockViolation violation = found.Violation(LockViolationKind.InvalidWaitContext, starvation.Confidence, starvation.Message) with
        {
            Assumption = starvation.Assumption,
            Key = $"{LockViolationKind.InvalidWaitContext}|{s_pool.Class.Name}|{site}",
        };
        List<LockViolation>? admitted;
        using (_gate.EnterScope())
        {
            admitted = AdmitLocked([violation]);
        }

        if (admitted is not null)
        {
            Deliver(stack, admitted);
        }
    }
}
