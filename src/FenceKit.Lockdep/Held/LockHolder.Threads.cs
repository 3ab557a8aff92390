// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

public sealed partial class LockHolder
{
    // Weak, because a pooled thread outlives many validators; each validator keeps its own held lists alive.
    [ThreadStatic]
    private static List<WeakReference<LockHolder>>? t_others;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LockHolder Find(IHeldListOwner owner)
    {
        LockHolder stack = FindOther(owner) ?? owner.Stacks.Register(new LockHolder(owner));
        Park(t_recent);
        t_recent = stack;
        return stack;
    }

    private static LockHolder? FindOther(IHeldListOwner owner)
    {
        if (t_others is not { } others)
        {
            return null;
        }

        foreach (WeakReference<LockHolder> other in others)
        {
            if (other.TryGetTarget(out LockHolder? stack) && ReferenceEquals(stack.Owner, owner))
            {
                return stack;
            }
        }

        return null;
    }

    private static void Park(LockHolder? stack)
    {
        if (stack is null)
        {
            return;
        }

        List<WeakReference<LockHolder>> others = t_others ??= [];
        bool isKnown = false;
        for (int i = others.Count - 1; i >= 0; i--)
        {
            if (!others[i].TryGetTarget(out LockHolder? other))
            {
                others.RemoveAt(i);
            }
            else if (ReferenceEquals(other, stack))
            {
                isKnown = true;
            }
        }

        if (!isKnown)
        {
            others.Add(new WeakReference<LockHolder>(stack));
        }
    }
}
