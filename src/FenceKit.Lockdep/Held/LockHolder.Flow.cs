// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// The list of a thread has what the thread holds and what the asynchronous flow holds that runs on it, so that whatever is taken sees both and
// costs the same. When the thread goes on with another flow it is told (its stamp is made stale) and exchanges that part before it takes the
// next thing. Locks of the flow go below those of the thread: the thread's own cannot be older than its turn with the flow.
public sealed partial class LockHolder
{
    private const int TurnsAtOnce = 1 << 10; // numbers are given to threads by the stack, so that they share nothing at each turn

    private static int s_turns;

    private bool _isCut; // while a flow is loaded: something below was let go

    /// <summary>The task whose wants are written down; null in a flow that nobody was seen to start.</summary>
    internal LockFork? Fork { get; private set; }

    /// <summary>Whoever started this task holds something still, which may guard it or not: what is held here is then not all.</summary>
    internal bool IsTentative { get; private set; }

    /// <summary>Locks of the flow and of the thread are both held: which of them were taken first is then not known.</summary>
    internal bool IsMixed { get; private set; }

    /// <summary>Which flows come to this thread.</summary>
    internal FlowArrival Arrival => field ??= new FlowArrival();

    /// <summary>The number of what the thread runs now, from where a flow came to it until it leaves. No other thread has the same, for the next four thousand million.</summary>
    internal int Turn { get; private set; } = Interlocked.Add(ref s_turns, TurnsAtOnce);

    /// <summary>By the thread itself: it leaves what it has run.</summary>
    internal void BeginTurn()
    {
        Turn++;
        if (Turn % TurnsAtOnce == 0)
        {
            Turn = Interlocked.Add(ref s_turns, TurnsAtOnce);
        }
    }

    /// <summary>By the thread itself: it puts an execution context back in which a lock is held no more. Its list is in step already.</summary>
    internal bool IsLeaving { get; private set; }

    /// <summary>Puts back the execution context from before a lock was taken.</summary>
    internal void Restore(ExecutionContext before)
    {
        IsLeaving = true;
        ExecutionContext.Restore(before); // if anybody who is told throws, the runtime ends the process
        IsLeaving = false;
    }

    /// <summary>What the reports call it instead of a thread; null for a thread.</summary>
    internal string? FlowName { get; init; }

    /// <summary>Where the thread awaited with its own locks held, last.</summary>
    internal LockSite? AwaitedAt { get; set; }

    /// <summary>A list that belongs to no thread: that of an explicit flow.</summary>
    internal static LockHolder ForFlow(IHeldListOwner owner, string name) => new(owner) { FlowName = name };

    /// <summary>The record of what was pushed last.</summary>
    internal ChainRecord TopRecord => _entries[_depth - 1].Record;

    /// <summary>The hold below the one on top, if nothing but that one makes an execution context what it is: then that is what the context carries.</summary>
    internal FlowNode? BelowTopIn(ExecutionContext context)
        => _depth > 1 && _entries[_depth - 2].Node is { } node && ReferenceEquals(node.After, context) ? node : null;

    /// <summary>Says that the lock on top is the flow's.</summary>
    internal void GiveTopToFlow(FlowNode node)
    {
        _entries[_depth - 1].Node = node; // what is on top has no path: nothing was let go since it was taken
        node.BeginIn(this);
    }

    /// <summary>Takes a lock of the flow out of the list, if it is there.</summary>
    internal void Drop(FlowNode node)
    {
        int top = _depth - 1;
        if (top >= 0 && ReferenceEquals(_entries[top].Node, node) && _pinned == 0)
        {
            _depth = top; // as TryPopTop
            return;
        }

        int index = IndexOf(node);
        if (index >= 0)
        {
            RemoveAt(index);
        }
    }

    /// <summary>The innermost lock below an index that the thread holds itself, or -1.</summary>
    internal int IndexOfOwn(int below)
    {
        for (int i = below - 1; i >= 0; i--)
        {
            if (_entries[i].Node is null && !((_entries[i].Instance as LockMap)?.IsContext ?? false))
            {
                return i;
            }
        }

        return -1;
    }

    private int IndexOf(FlowNode node)
    {
        for (int i = _depth - 1; i >= 0; i--)
        {
            if (_entries[i].Node is { } held && (ReferenceEquals(held, node) || ReferenceEquals(held.Origin, node)))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>By the thread itself, when it has been told to look.</summary>
    private void SyncFlow()
    {
        if (FlowName is not null)
        {
            return; // an explicit flow is nobody's turn
        }

        FlowNode? flow = Owner.CurrentFlow;
        for (int i = _depth - 1; i >= 0; i--)
        {
            if (_entries[i].Node is not { } node)
            {
                continue;
            }

            if (node.IsReleased)
            {
                RemoveAt(i);
            }
            else if (!IsOwn(flow, node))
            {
                Unload(i);
            }
        }

        _isCut = false;
        Load(flow);
        Fork = FlowNode.ForkOf(flow) is { } fork && (fork.IsExplicit || FlowNode.HoldsAnything(flow)) ? fork : null;
        IsTentative = Fork is { IsTentative: true };
        UpdateMixed();
        if (Fork is not null)
        {
            MarkStale(); // everything that a started task takes is written down, so nothing may go unnoticed
        }
    }

    private void UpdateMixed()
    {
        int ofFlow = 0;
        for (int i = 0; i < _depth; i++)
        {
            ofFlow += _entries[i].Node is null ? 0 : 1;
        }

        IsMixed = ofFlow > 0 && ofFlow < _depth;
    }

    private static bool IsOwn(FlowNode? flow, FlowNode node)
    {
        while (flow is { Fork: null } && !ReferenceEquals(flow, node))
        {
            flow = flow.Parent;
        }

        return ReferenceEquals(flow, node);
    }

    // Outermost first. Returns where the next one goes.
    private int Load(FlowNode? node)
    {
        if (node is null || node.Fork is not null)
        {
            return 0;
        }

        int at = Load(node.Parent);
        if (node.Map is null)
        {
            return at; // a method went on here
        }

        int index = IndexOf(node);
        if (index >= 0)
        {
            return index + 1;
        }

        node.NoteLoaded(this);
        if (node.IsReleased)
        {
            _isCut = true;
            return at;
        }

        Insert(at, node);
        return at + 1;
    }

    private void Insert(int index, FlowNode node)
    {
        if (_depth == _entries.Length)
        {
            Array.Resize(ref _entries, _depth * 2);
        }

        Array.Copy(_entries, index, _entries, index + 1, _depth - index);
        _entries[index] = new HeldEntry
        {
            Instance = node.Map,
            SiteToken = node.Record!.SiteToken,
            Own = node.Own,
            Record = node.Record,
            Path = node.Path ?? (_isCut ? HeldPath.Unknown : null),
            Node = node,
        };
        _depth++;
        Rekey(index);
    }

    // Not let go: another flow has its turn.
    private void Unload(int index)
    {
        Array.Copy(_entries, index + 1, _entries, index, _depth - index - 1);
        _depth--;
        Wipe(_depth);
        Rekey(index);
    }
}
