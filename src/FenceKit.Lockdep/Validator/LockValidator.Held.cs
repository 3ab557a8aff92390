// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator : IHeldListOwner
{
    HeldStackRegistry IHeldListOwner.Stacks => Stacks;

    ulong IHeldListOwner.Seed => Seed;

    FlowNode? IHeldListOwner.CurrentFlow => _flow.Value;

    void IHeldListOwner.ReleaseSlow(LockHolder stack, object instance) => ReleaseSlow(stack, instance);

    LockMap IHeldListOwner.MapOf(object instance, LockClass lockClass) => MapOf(instance, lockClass);

    /// <summary>
    /// The locks that a thread holds, outermost first. The last entry may be the lock that it waits for, because a lock is announced before
    /// it is entered.
    /// </summary>
    /// <param name="thread">The thread; null for the current one.</param>
    /// <returns>A copy. For another thread it is exact if the thread does not move, otherwise it may be empty.</returns>
    /// <remarks>Thread safe, never blocks on a listed lock, allocates. Use it to find out what a hanging program waits for.</remarks>
    public IReadOnlyList<HeldLock> GetHeldLocks(Thread? thread = null)
    {
        LockHolder? stack = thread is null || ReferenceEquals(thread, Thread.CurrentThread)
            ? LockHolder.CurrentIfAny(this)
            : Stacks.Find(thread);
        if (ReferenceEquals(stack?.Thread, Thread.CurrentThread))
        {
            stack.Settle();
        }

        return stack is null
            ? []
            : Array.ConvertAll(stack.CopyEntries(), entry => new SituationItem(MapOf(entry.Instance!, entry.Record.Class), entry.Record).Describe());
    }
}
