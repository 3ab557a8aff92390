// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// The held list of a thread contains the locks of the thread and those of the asynchronous flow that runs on it, so that every acquisition
// is checked against both at the same cost. When the thread switches to another flow, its stamp is made stale, and it exchanges that part
// of the list before its next acquisition. Locks of the flow are placed below those of the thread, because the thread's own locks cannot be
// older than its current turn with the flow.
public sealed partial class LockHolder
{
    private const int TurnsAtOnce = 1 << 10; // turn numbers are handed to threads in blocks, so that threads share nothing at each turn

    private static int s_turns;

    private bool _isCut; // while a flow is loaded: a lock below was released

    /// <summary>The task whose acquisitions are recorded; null in a flow whose start was not seen.</summary>
    internal LockFork? Fork { get; private set; }

    /// <summary>The starter of this task still holds locks, which may or may not guard the task: the held list may be incomplete.</summary>
    internal bool IsTentative { get; private set; }

    /// <summary>Locks of the flow and of the thread are both held, so their relative order is unknown.</summary>
    internal bool IsMixed { get; private set; }

    /// <summary>Detects which flows start or continue on this thread.</summary>
    internal FlowArrival Arrival => field ??= new FlowArrival();

    /// <summary>
    /// The number of the current turn: what the thread runs from the arrival of a flow until it leaves. No other thread uses the same
    /// number within the next four billion turns.
    /// </summary>
    internal int Turn { get; private set; } = Interlocked.Add(ref s_turns, TurnsAtOnce);

    /// <summary>Begins a new turn. Called by the thread itself when it leaves what it has run.</summary>
    internal void BeginTurn()
    {
        Turn++;
        if (Turn % TurnsAtOnce == 0)
        {
            Turn = Interlocked.Add(ref s_turns, TurnsAtOnce);
        }
    }

    /// <summary>
    /// Set by the thread itself while it restores an execution context without a released lock. Its held list already matches.
    /// </summary>
    internal bool IsLeaving { get; private set; }

    /// <summary>Restores the execution context from before a lock was acquired.</summary>
    internal void Restore(ExecutionContext before)
    {
        IsLeaving = true;
        ExecutionContext.Restore(before); // if a notified handler throws, the runtime ends the process
        IsLeaving = false;
    }

    /// <summary>The name of an explicit flow, which reports show instead of a thread; null for a thread.</summary>
    internal string? FlowName { get; init; }

    /// <summary>The site where the thread last awaited while it held thread-bound locks.</summary>
    internal LockSite? AwaitedAt { get; set; }

    /// <summary>Creates the held list of an explicit flow, which belongs to no thread.</summary>
    internal static LockHolder ForFlow(IHeldListOwner owner, string name) => new(owner) { FlowName = name };

    /// <summary>The record of the last entry.</summary>
    internal ChainRecord TopRecord => _entries[_depth - 1].Record;

    /// <summary>
    /// The hold below the top one, if the execution context differs only by the top hold: then that is the value of the restored context.
    /// </summary>
    internal FlowNode? BelowTopIn(ExecutionContext context)
        => _depth > 1 && _entries[_depth - 2].Node is { } node && ReferenceEquals(node.After, context) ? node : null;

    /// <summary>Marks the top entry as held by the flow.</summary>
    internal void GiveTopToFlow(FlowNode node)
    {
        _entries[_depth - 1].Node = node; // the top entry has no path: no lock was released since it was acquired
        node.BeginIn(this);
    }

    /// <summary>Removes a lock of the flow from the list, if it is there.</summary>
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

    /// <summary>The index of the innermost thread-bound lock below an index, or -1.</summary>
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

    /// <summary>Loads the current flow. Called by the thread itself when its stamp is stale.</summary>
    private void SyncFlow()
    {
        if (FlowName is not null)
        {
            return; // an explicit flow has no turns
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
            MarkStale(); // every acquisition of a started task must be recorded, so none may take the fast path
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

    // Inserts the nodes, outermost first. Returns the index after the last one.
    private int Load(FlowNode? node)
    {
        if (node is null || node.Fork is not null)
        {
            return 0;
        }

        int at = Load(node.Parent);
        if (node.Map is null)
        {
            return at; // a continued call, not a lock
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

    // The lock is not released: the thread runs another flow now.
    private void Unload(int index)
    {
        Array.Copy(_entries, index + 1, _entries, index, _depth - index - 1);
        _depth--;
        Wipe(_depth);
        Rekey(index);
    }
}
