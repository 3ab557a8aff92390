// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    // Index 0 stands for sections that must not wait.
    private InterruptingContext?[] _contexts = [null];

    /// <summary>Defines a context that may interrupt threads.</summary>
    /// <param name="name">The name in reports.</param>
    /// <param name="parent">The parent: masking it masks this context too; null for none.</param>
    /// <param name="waitLimit">The heaviest wait type of locks that may be acquired inside.</param>
    /// <param name="isAnnounced">
    /// True if it interrupts only at calls of <see cref="MightInterrupt"/>; false if it may interrupt anywhere.
    /// </param>
    /// <remarks>
    /// Define contexts before locks are used: locks that were acquired earlier count as held where the context cannot interrupt.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty, or <paramref name="parent"/> belongs to another validator.</exception>
    public InterruptingContext DefineContext(
        string name, InterruptingContext? parent = null, LockWaitType waitLimit = LockWaitType.Blocking, bool isAnnounced = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (parent is not null && !ReferenceEquals(parent.Validator, this))
        {
            Misuse.ThrowForeignContext(nameof(parent));
        }

        using (_gate.EnterScope())
        {
            var context = new InterruptingContext(this, name, parent, waitLimit, _contexts.Length, isAnnounced);
            for (InterruptingContext? above = parent; above is not null; above = above.Parent)
            {
                above.MaskedWith |= context.Self;
            }

            // Publishes a complete array. Pairs with the reads in EnabledIn() and ContextNameOf(), which run under the gate or see an
            // older, complete array.
            Volatile.Write(ref _contexts, [.. _contexts, context]);
            ForgetChainsLocked();
            return context;
        }
    }

    /// <summary>Announces that this thread now runs inside a context, on top of what it did before.</summary>
    /// <param name="context">The context; it is masked inside itself.</param>
    /// <exception cref="ArgumentException">The context belongs to another validator.</exception>
    public LockSectionScope EnterContext(InterruptingContext context)
    {
        CheckContext(context);
        LockHolder stack = LockHolder.Current(this);
        var scope = new LockSectionScope(context, stack);
        LockWaitType limit = context.WaitLimit < stack.WaitLimit ? context.WaitLimit : stack.WaitLimit;
        stack.SetContexts(stack.Active | context.Self, stack.Masked | context.MaskedWith, limit);
        return scope;
    }

    /// <summary>Announces that a context and its descendants cannot interrupt this thread until the mask ends.</summary>
    /// <param name="context">The context.</param>
    /// <exception cref="ArgumentException">The context belongs to another validator.</exception>
    public LockSectionScope MaskContext(InterruptingContext context)
    {
        CheckContext(context);
        LockHolder stack = LockHolder.Current(this);
        ContextSet added = context.MaskedWith.Without(stack.Masked);
        stack.SetContexts(stack.Active, stack.Masked | added, stack.WaitLimit);
        return new LockSectionScope(this, stack, added);
    }

    internal void Unmask(LockHolder stack, ContextSet added)
    {
        stack.SetContexts(stack.Active, stack.Masked.Without(added), stack.WaitLimit);
        MarkHeld(stack, EnabledIn(stack) & added);
    }

    internal void LeaveContext(LockHolder stack, InterruptingContext context, ContextSet active, ContextSet masked, LockWaitType limit)
    {
        stack.Settle();
        bool leavesHeld = stack.Depth > 0 && stack.Entries[^1].Record.Context.Contains(context.Index);
        stack.SetContexts(active, masked, limit);
        if (leavesHeld)
        {
            HeldEntry top = stack.Entries[^1];
            LockMap map = MapOf(top.Instance!, top.Record.Class);
            ReportMisuse(stack, LockViolationKind.UnexpectedlyHeld, map, $"{map} was taken in {context} and is still held when it ends.", top.Record);
        }
    }

    /// <summary>
    /// Announces that a context may interrupt here, and not between such calls: for example, a continuation that runs inline interrupts
    /// only where something is completed, as by <see cref="TaskCompletionSource.SetResult"/>. The thread must not hold a lock that is
    /// acquired in the context.
    /// </summary>
    /// <param name="context">A context that interrupts only where this is called.</param>
    /// <remarks>Call it even when there is no waiter this time. Does not block.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="context"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="context"/> belongs to another validator, or may interrupt anywhere.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void MightInterrupt(InterruptingContext context)
    {
        CheckContext(context);
        if (!context.IsAnnounced)
        {
            throw new ArgumentException("The context may interrupt anywhere: it was defined without announced points.", nameof(context));
        }

        LockHolder stack = LockHolder.Current(this);
        if (!stack.Masked.Contains(context.Index) && !IsMaskedAbove(context, stack.Masked))
        {
            MarkHeld(stack, context.Self);
        }
    }

    private void CheckContext(InterruptingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!ReferenceEquals(context.Validator, this))
        {
            Misuse.ThrowForeignContext(nameof(context));
        }
    }

    private ContextSet EnabledIn(LockHolder stack)
    {
        ContextSet enabled = default;
        foreach (InterruptingContext? context in Volatile.Read(ref _contexts))
        {
            if (context is { IsAnnounced: false } && !stack.Masked.Contains(context.Index) && !IsMaskedAbove(context, stack.Masked))
            {
                enabled |= context.Self;
            }
        }

        return enabled;
    }

    // A context below a masked one cannot interrupt, even when it was defined after the mask began.
    private static bool IsMaskedAbove(InterruptingContext context, ContextSet masked)
    {
        for (InterruptingContext? above = context.Parent; above is not null; above = above.Parent)
        {
            if (masked.Contains(above.Index))
            {
                return true;
            }
        }

        return false;
    }

    private void MarkUsageLocked(Acquisition wanted, LockNode node, List<LockViolation> found)
    {
        LockHolder stack = wanted.Stack;
        if (wanted.Attempt != LockAttempt.Try)
        {
            ContextSet usedIn = wanted.Record.Context;
            if (stack.InNoWaitSection && wanted.Attempt == LockAttempt.Blocking && !wanted.Record.Shape.IsWait) // a wait is reported separately
            {
                usedIn |= ContextSet.Of(ContextRule.NoWaitIndex);
            }

            _contextRule.Mark(wanted, node, wanted.Want, isUsedIn: true, usedIn, found);
        }

        if (!wanted.Record.Shape.IsWait)
        {
            _contextRule.Mark(wanted, node, wanted.Want, isUsedIn: false, EnabledIn(stack), found);
            return;
        }

        foreach (SituationItem held in wanted.Held)
        {
            LockNode heldNode = _graph.NodeOf(held.Class, held.Record.Subclass);
            _contextRule.Mark(wanted, heldNode, held, isUsedIn: false, ContextSet.Of(ContextRule.NoWaitIndex), found);
        }
    }

    private void MarkHeld(LockHolder stack, ContextSet enabled)
    {
        stack.Settle();
        if (enabled.IsEmpty || stack.Depth == 0 || stack.IsSuppressed)
        {
            return;
        }

        SituationItem[] held = ItemsOf(stack, stack.Depth);
        List<LockViolation> found = [];
        List<LockViolation>? violations;
        using (_gate.EnterScope())
        {
            foreach (SituationItem item in held)
            {
                var judged = new Acquisition { Stack = stack, Map = item.Map, Record = item.Record, NestedIn = null, Held = held };
                LockNode node = _graph.NodeOf(item.Class, item.Record.Subclass);
                _contextRule.Mark(judged, node, item, isUsedIn: false, enabled, found);
            }

            violations = AdmitLocked(found);
        }

        if (violations is not null)
        {
            Deliver(stack, violations);
        }
    }

    private string ContextNameOf(int index)
        => index == ContextRule.NoWaitIndex ? "a section that must not wait" : Volatile.Read(ref _contexts)[index]!.Name;
}
