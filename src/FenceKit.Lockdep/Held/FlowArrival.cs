// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep.Held;

/// <summary>Why the execution context of this thread changed.</summary>
internal enum FlowTurn
{
    /// <summary>The flow continues, or the thread returns to what it did before.</summary>
    GoesOn,

    /// <summary>A task or a thread starts, with the context of its starter.</summary>
    Begins,

    /// <summary>The flow continues inside the completion of something that it has awaited.</summary>
    Awaited,
}

/// <summary>
/// Distinguishes a task that starts from a flow that continues, which have the same execution context. Used only when a flow that holds
/// locks changes threads. While a task runs, <see cref="Task.CurrentId"/> is its id; an asynchronous method that continues has none. Only
/// when an id is new to the thread, the stack is examined, because a loop that runs other code's work may itself be a task.
/// </summary>
internal sealed class FlowArrival
{
    private readonly Stack<FlowNode?> _below = new(); // the flows of the interrupted turns of this thread
    private int _task = -1;

    /// <summary>The flow that has just left this thread.</summary>
    public FlowNode? Left { get; private set; }

    /// <summary>Judges a change of the execution context. Called by the thread itself, at each change.</summary>
    public FlowTurn Judge(FlowNode? previous, FlowNode? now)
    {
        if (now is null)
        {
            _below.Clear();
            Left = previous;
            return FlowTurn.GoesOn;
        }

        if (previous is null)
        {
            _below.Clear(); // these turns are over: a flow that releases its last lock leaves without notice
        }
        else if (IsReturn(_below, now))
        {
            return FlowTurn.GoesOn;
        }

        FlowNode? left = Left;
        Left = null;
        _below.Push(previous);
        int task = Task.CurrentId ?? 0;
        bool isNew = task != _task && (task != 0 || !Thread.CurrentThread.IsThreadPoolThread);
        _task = task != 0 || !Thread.CurrentThread.IsThreadPoolThread ? task : _task;
        if (isNew && (Frames().FirstOrDefault().Type is null or TaskType)) // on a new thread there are no frames below the change
        {
            return FlowTurn.Begins;
        }

        return HasEnded(previous ?? left, now) && IsContinuation(previous is null) ? FlowTurn.Awaited : FlowTurn.GoesOn;
    }

    /// <summary>The task that ran here just before, if the flow that continues does not belong to it.</summary>
    public static LockFork? EndedBefore(FlowNode? previous, FlowNode? now)
        => FlowNode.ForkOf(previous) is { } fork && !FlowNode.Contains(now, fork) ? fork : null;

    private const string TaskType = "System.Threading.Tasks.Task";

    private static bool HasEnded(FlowNode? previous, FlowNode? now) => EndedBefore(previous, now) is not null;

    private static bool IsReturn(Stack<FlowNode?> below, FlowNode now)
    {
        if (!below.Contains(now))
        {
            return false;
        }

        while (!ReferenceEquals(below.Pop(), now))
        {
        }

        return true;
    }

    // The continuation of an asynchronous method, run by what it has awaited. If nothing ran in between, it is run by the end of a task
    // that is still on the stack.
    private static bool IsContinuation(bool mustBeInsideTask)
    {
        (string Type, string Method)[] frames = [.. Frames()];
        return frames.Length > 0 && RunsContinuations(frames[0])
            && (!mustBeInsideTask || Array.Exists(frames, static frame => frame is { Type: TaskType, Method: "ExecuteWithThreadLocal" or "ExecuteEntryUnsafe" }));
    }

    // Which of these frames is present depends on what the compiler has inlined.
    private static bool RunsContinuations((string Type, string Method) frame)
        => frame.Type.Contains("StateMachineBox", StringComparison.Ordinal)
            || (frame.Type.StartsWith("System.Threading.Tasks.", StringComparison.Ordinal) && !frame.Method.StartsWith("Execute", StringComparison.Ordinal));

    private static IEnumerable<(string Type, string Method)> Frames()
    {
        bool isInside = false;
        foreach (StackFrame frame in new StackTrace(1, fNeedFileInfo: false).GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is not { DeclaringTypeName: { } type } method)
            {
                continue;
            }

            bool isSwitch = type is "System.Threading.ExecutionContext" || type.StartsWith("System.Threading.AsyncLocal", StringComparison.Ordinal);
            isInside |= isSwitch;
            if (isInside && !isSwitch)
            {
                yield return (type, method.Name);
            }
        }
    }
}
