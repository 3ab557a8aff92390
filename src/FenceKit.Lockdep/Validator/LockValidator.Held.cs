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

    /// <summary>What a thread holds, outermost first. Last comes what it waits for, since a lock is announced before it is entered.</summary>
    /// <param name="thread">The thread; null for this one.</param>
    /// <returns>A copy. Of another thread it is a look from outside: exact if the thread stands still, otherwise perhaps empty.</returns>
    /// <remarks>Thread safe, never blocks on a lock that is listed, allocates. For the question what a program that hangs is waiting for.</remarks>
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
