using System.Runtime.CompilerServices;
using Real = System.Threading.Monitor;

namespace FenceKit.Exploration;

/// <summary>
/// Stands in for <see cref="Real"/>. The lock statement does not come here (the compiler binds it to the real one), so explored code
/// calls Enter and Exit itself. A wait with a finite time runs out only when nobody else can go on.
/// </summary>
internal static partial class MonitorTwin
{
    public static void Enter(object target, [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            Real.Enter(target);
            return;
        }

        Model(thread, target).Enter(thread);
        Note(thread, member, "enters", target);
    }

    public static void Enter(object target, ref bool lockTaken, [CallerMemberName] string member = "")
    {
        Enter(target, member);
        lockTaken = true;
    }

    public static bool TryEnter(object target, [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return Real.TryEnter(target);
        }

        bool isEntered = Model(thread, target).TryEnter(thread);
        Note(thread, member, isEntered ? "enters" : "tries in vain to enter", target);
        return isEntered;
    }

    public static void TryEnter(object target, ref bool lockTaken, [CallerMemberName] string member = "") =>
        lockTaken = TryEnter(target, member);

    /// <summary>A timed attempt waits as long as it takes: time does not pass in an exploration.</summary>
    public static bool TryEnter(object target, TimeSpan timeout, [CallerMemberName] string member = "")
    {
        if (LogicalThread.Current is null)
        {
            return Real.TryEnter(target, timeout);
        }

        if (timeout == TimeSpan.Zero)
        {
            return TryEnter(target, member);
        }

        Enter(target, member);
        return true;
    }

    public static bool TryEnter(object target, int millisecondsTimeout, [CallerMemberName] string member = "") =>
        TryEnter(target, TimeSpan.FromMilliseconds(millisecondsTimeout), member);

    public static void Exit(object target, [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            Real.Exit(target);
            return;
        }

        Model(thread, target).Exit(thread);
        Note(thread, member, "leaves", target);
    }

    public static bool IsEntered(object target) =>
        LogicalThread.Current is { } thread ? Model(thread, target).IsHeldBy(thread) : Real.IsEntered(target);

    private static MonitorModel Model(LogicalThread thread, object target)
    {
        if (!thread.Run.Monitors.TryGetValue(target, out MonitorModel? model))
        {
            model = new MonitorModel();
            thread.Run.Monitors.Add(target, model);
        }

        return model;
    }

    private static void Note(LogicalThread thread, string member, string what, object target)
    {
        if (thread.IsTraced)
        {
            Operation.Note(thread, member, $"{what} monitor of {thread.Run.Trace!.Describe(target)}");
        }
    }
}
