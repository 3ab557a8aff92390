// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    private static readonly LockClass s_unknown = LockClass.Infer("(unknown)");

    /// <summary>Whether this thread holds the lock, in any mode.</summary>
    /// <param name="instance">The lock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    public bool IsHeld(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        LockHolder? stack = LockHolder.CurrentIfAny(this);
        stack?.Settle();
        return stack is not null && stack.IndexOf(instance) >= 0;
    }

    /// <summary>Whether this thread holds the lock in this mode.</summary>
    /// <param name="instance">The lock.</param>
    /// <param name="mode">The mode; holding the lock in another mode as well makes no difference.</param>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    public bool IsHeld(object instance, LockAcquireMode mode)
    {
        ArgumentNullException.ThrowIfNull(instance);
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        foreach (HeldEntry entry in stack.Entries)
        {
            if (ReferenceEquals(entry.Instance, instance) && entry.Record.Mode == mode)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reports when this thread does not hold the lock.</summary>
    /// <param name="instance">The lock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is not held.</exception>
    public void AssertHeld(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        TryFind(LockHolder.Current(this), instance, "expected to be held", out _);
    }

    /// <summary>Reports when this thread does not hold the lock, or holds it in other modes only.</summary>
    /// <param name="instance">The lock.</param>
    /// <param name="mode">The required mode.</param>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is not held in this mode.</exception>
    public void AssertHeld(object instance, LockAcquireMode mode)
    {
        ArgumentNullException.ThrowIfNull(instance);
        LockHolder stack = LockHolder.Current(this);
        if (TryFind(stack, instance, "expected to be held", out int index) && !IsHeld(instance, mode))
        {
            ChainRecord record = stack.Entries[index].Record;
            LockMap map = MapOf(instance, record.Class);
            ReportMisuse(stack, LockViolationKind.WrongMode, map, $"{map} should be held as {mode} and is held as {record.Mode}.", record);
        }
    }

    /// <summary>Reports when this thread holds the lock.</summary>
    /// <param name="instance">The lock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is held.</exception>
    public void AssertNotHeld(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        int index = stack.IndexOf(instance);
        if (index >= 0)
        {
            ChainRecord record = stack.Entries[index].Record;
            LockMap map = MapOf(instance, record.Class);
            ReportMisuse(stack, LockViolationKind.UnexpectedlyHeld, map, $"{map} must not be held here.", record);
        }
    }

    /// <summary>Reports when this thread holds any lock: for the end of a request, a work item, a callback.</summary>
    /// <exception cref="LockViolationException">A throwing sink is installed and a lock is held.</exception>
    public void AssertNoneHeld()
    {
        LockHolder? stack = LockHolder.CurrentIfAny(this);
        stack?.Settle();
        if (stack is { Depth: > 0 })
        {
            HeldEntry top = stack.Entries[^1];
            LockMap map = MapOf(top.Instance!, top.Record.Class);
            ReportMisuse(
                stack, LockViolationKind.UnexpectedlyHeld, map, $"No lock may be held here, but {stack.Depth} are; the innermost is {map}.", top.Record);
        }
    }
}
