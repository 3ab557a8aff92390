// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Held;

internal sealed partial class HeldStack
{
    // Weak, because a pooled thread outlives many validators; each validator keeps its own stacks alive.
    [ThreadStatic]
    private static List<WeakReference<HeldStack>>? t_others;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HeldStack Find(LockValidator validator)
    {
        HeldStack stack = FindOther(validator) ?? validator.Stacks.Register(new HeldStack(validator));
        Park(t_recent);
        t_recent = stack;
        return stack;
    }

    private static HeldStack? FindOther(LockValidator validator)
    {
        if (t_others is not { } others)
        {
            return null;
        }

        foreach (WeakReference<HeldStack> other in others)
        {
            if (other.TryGetTarget(out HeldStack? stack) && ReferenceEquals(stack.Validator, validator))
            {
                return stack;
            }
        }

        return null;
    }

    private static void Park(HeldStack? stack)
    {
        if (stack is null)
        {
            return;
        }

        List<WeakReference<HeldStack>> others = t_others ??= [];
        bool isKnown = false;
        for (int i = others.Count - 1; i >= 0; i--)
        {
            if (!others[i].TryGetTarget(out HeldStack? other))
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
            others.Add(new WeakReference<HeldStack>(stack));
        }
    }
}
