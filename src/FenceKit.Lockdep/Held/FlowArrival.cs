// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep.Held;

/// <summary>What it means that an execution context has come to this thread.</summary>
internal enum FlowTurn
{
    /// <summary>The flow goes on, or the thread goes back to what it did before.</summary>
    GoesOn,

    /// <summary>A task or a thread begins, with the context of whoever started it.</summary>
    Begins,

    /// <summary>The flow goes on inside the completion of something that it has awaited.</summary>
    Awaited,
}

/// <summary>
/// Tells a task that begins from a flow that goes on: the execution contexts look the same. Asked only where a flow that holds something changes
/// threads. While a task runs, <see cref="Task.CurrentId"/> is its number, and an asynchronous method that goes on has none; only where a number is
/// new to the thread does it look at the stack, because a loop that runs others' work may itself be a task.
/// </summary>
internal sealed class FlowArrival
{
    private readonly Stack<FlowNode?> _below = new(); // what the thread did before the turns that are not over
    private int _task = -1;

    /// <summary>The flow that has just left this thread.</summary>
    public FlowNode? Left { get; private set; }

    /// <summary>By the thread itself, at each change of its execution context.</summary>
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
            _below.Clear(); // what was left there is over: a flow that lets its last lock go leaves without a word
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
        if (isNew && (Frames().FirstOrDefault().Type is null or TaskType)) // a thread that begins shows nothing below the change
        {
            return FlowTurn.Begins;
        }

        return HasEnded(previous ?? left, now) && IsContinuation(previous is null) ? FlowTurn.Awaited : FlowTurn.GoesOn;
    }

    /// <summary>The task that ran here just before, and that the flow which goes on does not belong to.</summary>
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

    // The continuation of an asynchronous method, run by what it has awaited. If nothing ran in between, by the end of a task that is still on the stack.
    private static bool IsContinuation(bool mustBeInsideTask)
    {
        (string Type, string Method)[] frames = [.. Frames()];
        return frames.Length > 0 && RunsContinuations(frames[0])
            && (!mustBeInsideTask || Array.Exists(frames, static frame => frame is { Type: TaskType, Method: "ExecuteWithThreadLocal" or "ExecuteEntryUnsafe" }));
    }

    // Which of them shows depends on what the compiler has put into its caller.
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
