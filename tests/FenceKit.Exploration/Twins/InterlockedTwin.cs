using System.Numerics;
using System.Runtime.CompilerServices;
using Real = System.Threading.Interlocked;

namespace FenceKit.Exploration;

/// <summary>Stands in for <see cref="Real"/>. Every operation is one scheduling point and drains the store buffer.</summary>
internal static partial class InterlockedTwin
{
    public static T Exchange<T>(
        ref T location, T value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return Real.Exchange(ref location, value);
        }

        Begin(thread);
        T old = location;
        location = value;
        thread.Changed();
        if (thread.IsTraced)
        {
            Operation.Note(thread, member, "Exchange", name, value, old);
        }

        return old;
    }

    public static T CompareExchange<T>(
        ref T location, T value, T comparand,
        [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return Real.CompareExchange(ref location, value, comparand);
        }

        Begin(thread);
        T old = Real.CompareExchange(ref location, value, comparand);
        bool isExchanged = Operation.AreSame(old, comparand);
        if (isExchanged)
        {
            thread.Changed();
        }

        if (thread.IsTraced)
        {
            Operation.Note(thread, member, isExchanged ? "CompareExchange" : "CompareExchange failed:", name, value, old);
        }

        return old;
    }

    public static void MemoryBarrier([CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            Real.MemoryBarrier();
            return;
        }

        Begin(thread);
        if (thread.IsTraced)
        {
            Operation.Note(thread, member, "MemoryBarrier");
        }
    }

    /// <summary>Every thread executes a full fence somewhere inside this call; the model does it for all of them at once.</summary>
    public static void MemoryBarrierProcessWide([CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            Real.MemoryBarrierProcessWide();
            return;
        }

        thread.Step();
        foreach (LogicalThread any in thread.Run.Threads)
        {
            any.DrainStores();
        }

        if (thread.IsTraced)
        {
            Operation.Note(thread, member, "MemoryBarrierProcessWide");
        }
    }

    private static T Update<T>(ref T location, Change change, T operand, string name, string member, bool returnsNew)
        where T : struct, IBinaryInteger<T>
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return UpdateForReal(ref location, change, operand, returnsNew);
        }

        Begin(thread);
        T old = location;
        T next = Apply(change, old, operand);
        location = next;
        thread.Changed();
        if (thread.IsTraced)
        {
            Operation.Note(thread, member, change.ToString(), name, operand, old);
        }

        return returnsNew ? next : old;
    }

    private static T UpdateForReal<T>(ref T location, Change change, T operand, bool returnsNew)
        where T : struct, IBinaryInteger<T>
    {
        T old = location;
        while (true)
        {
            T next = Apply(change, old, operand);
            T seen = Real.CompareExchange(ref location, next, old);
            if (seen == old)
            {
                return returnsNew ? next : old;
            }

            old = seen;
        }
    }

    private static T Apply<T>(Change change, T old, T operand)
        where T : struct, IBinaryInteger<T> =>
        change switch
        {
            Change.Add => unchecked(old + operand),
            Change.And => old & operand,
            _ => old | operand,
        };

    private static void Begin(LogicalThread thread)
    {
        thread.Step();
        thread.DrainStores();
    }

    private enum Change
    {
        Add,
        And,
        Or,
    }
}
