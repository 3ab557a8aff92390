// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

// Threads that block for tasks: such a thread keeps what only a thread can give, its context or its place in the pool.
public sealed partial class LockValidator
{
    private static readonly LockMap s_task = new(LockClass.Create("(task)"), "(any)");
    private static readonly LockMap s_pool = new(LockClass.Create("(thread pool)"), "(threads)");

    /// <summary>Says that this thread blocks for a task, before it does.</summary>
    /// <param name="fork">The task, if it is known how it began.</param>
    /// <param name="blockedInPool">How many threads of the pool block so, this one with them; 0 if it is none, or if the task needs no other.</param>
    /// <param name="file">Where.</param>
    /// <param name="line">Where.</param>
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

    /// <summary>Says that a task has to go on in a context that runs one thing at a time.</summary>
    /// <remarks>Does not throw: who would be told is the one who blocks, and as a rule he does already. The finding is kept.</remarks>
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
            // Thrown from here it would end the process: it is the runtime that calls.
        }
    }

    /// <summary>Says that a method has to go on where an await here wants to, if it belongs to a task and that is a context with one thread.</summary>
    internal void NoteContinuation(string? file, int line)
    {
        if (FlowNode.ForkOf(_flow.Value) is { } fork && ExclusiveContext.Current is { } context)
        {
            NoteContext(fork, context, file, line);
        }
    }

    // The context lies below everything that its thread has taken.
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
