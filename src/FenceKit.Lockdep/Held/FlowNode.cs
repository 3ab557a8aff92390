// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// One lock that an asynchronous flow holds, or the point where a task was started that is no part of the flow any more. The execution context
/// carries the newest; the older ones hang behind it. What a method that is called adds is seen by the method and by what it calls, not by its
/// caller: that is how the runtime treats execution contexts, and what a hold that ends with the method needs.
/// </summary>
internal sealed class FlowNode
{
    private byte _released; // one node for each hold: small fields lie side by side
    private bool _isShared;
    private int _turn;
    private object? _kind; // of a hold the one that it was handed over from; else a task that was started, or calls that went on
    private IFlowReader? _loadedIn;
    private Extra? _extra; // what few holds have; interlocked, made once

    private FlowNode(FlowNode? parent)
    {
        if (parent is not null)
        {
            Parent = parent;
            HasCalls = parent.HasCalls;
        }
    }

    public FlowNode? Parent { get; }

    public LockMap? Map { get; private init; }

    public ChainRecord? Record { get; private init; }

    public ulong Own { get; private init; }

    /// <summary>Not null at the beginning of a task that was started: what lies behind is held by whoever started it.</summary>
    public LockFork? Fork => _kind as LockFork;

    /// <summary>Not null where asynchronous methods have gone on of which it is not known whether whoever holds the locks behind waits for them.</summary>
    public ContinuedCall[]? Calls => _kind as ContinuedCall[];

    private bool IsDecided
    {
        get
        {
            if (!HasCalls || Calls is not { } calls) // most have none, and the second question costs more
            {
                return false;
            }

            foreach (ContinuedCall call in calls)
            {
                if (call.Concerns(Parent))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Whether there are such here or behind.</summary>
    public bool HasCalls { get; private init; }

    /// <summary>As <see cref="HeldEntry.Path"/>, for whichever thread goes on with the flow.</summary>
    public HeldPath? Path
    {
        get => _extra?.Path;
        set
        {
            if (value is not null || _extra is not null)
            {
                MoreOf().Path = value;
            }
        }
    }

    /// <summary>The execution context without this node, and with it and nothing else; null when it has been let go.</summary>
    public ExecutionContext? Before { get; private set; }

    public ExecutionContext? After { get; private set; }

    /// <summary>The node of the flow that took the lock, if it was handed over; it says when the lock is let go.</summary>
    public FlowNode? Origin => _kind as FlowNode;

    /// <summary>The method that has taken it, where a tool knows: it hands it to whoever awaits the method.</summary>
    public string? TakenIn
    {
        get => _extra?.TakenIn;
        set => MoreOf().TakenIn = value;
    }

    public bool IsReleased => Volatile.Read(ref (Origin ?? this)._released) != 0; // pairs with the exchange in TryRelease

    public static FlowNode ForHold(FlowNode? parent, LockMap map, ChainRecord record, ulong own, int turn)
        => new(Living(parent)) { Map = map, Record = record, Own = own, _turn = turn };

    /// <summary>The same hold, in the flow that it was handed to.</summary>
    public static FlowNode ForAdoption(FlowNode? parent, FlowNode hold, int turn) => new(Living(parent))
    {
        Map = hold.Map,
        Record = hold.Record,
        Own = hold.Own,
        Path = hold.Path,
        _kind = hold.Origin ?? hold,
        _turn = turn,
    };

    /// <summary>The flow has come through methods that went on after an await.</summary>
    public static FlowNode ForCalls(FlowNode? parent, ContinuedCall[] calls) => new(parent) { _kind = calls, HasCalls = true };

    public static FlowNode ForFork(FlowNode? parent, LockFork fork)
    {
        FlowNode start = new(Living(parent)) { _kind = fork };
        fork.Start = start;
        for (FlowNode? node = start.Parent; node is not null && node.Fork is not { IsDetached: true }; node = node.Parent)
        {
            if (node is { Fork: null, Calls: null })
            {
                (node.Origin ?? node).AddFork(fork);
            }
        }

        return start;
    }

    /// <summary>
    /// The newest that still counts, so that chains stay as short as nesting is deep. What was let go below calls of which something is left to be decided is taken
    /// out as well: what the flow takes from here on was not taken inside it.
    /// </summary>
    public static FlowNode? Living(FlowNode? node)
    {
        while (node is { IsReleased: true } or { IsDecided: true })
        {
            node = node.Parent;
        }

        if (node is { HasCalls: true, Calls: { } calls, Parent: { } parent } && Living(parent) is var living && !ReferenceEquals(living, parent))
        {
            return ForCalls(living, calls);
        }

        return node;
    }

    /// <summary>The task that this belongs to; null for a flow that nobody was seen to start.</summary>
    public static LockFork? ForkOf(FlowNode? node)
    {
        while (node is { Fork: null })
        {
            node = node.Parent;
        }

        return node?.Fork;
    }

    /// <summary>Whether somebody up the chain still holds something, in this flow or in those that have started it and may wait for it.</summary>
    public static bool HoldsAnything(FlowNode? node)
    {
        while (node is not null && (node.Fork is { IsDetached: false, Guards.Length: 0 } || (node.Fork is null && (node.Map is null || node.IsReleased))))
        {
            node = node.Parent;
        }

        return node is { Fork: not { IsDetached: true } };
    }

    /// <summary>Whether a fork stands in the chain.</summary>
    public static bool Contains(FlowNode? chain, LockFork fork)
    {
        while (chain is not null && !ReferenceEquals(chain.Fork, fork))
        {
            chain = chain.Parent;
        }

        return chain is not null;
    }

    /// <summary>Whether a lock is held in the chain, as it was taken or handed over.</summary>
    public static bool ContainsHold(FlowNode? chain, FlowNode hold)
    {
        while (chain is not null && !ReferenceEquals(chain.Origin ?? chain, hold))
        {
            chain = chain.Parent;
        }

        return chain is not null;
    }

    /// <summary>Whether the flow has come through a method that went on.</summary>
    public static bool Carries(FlowNode? chain, ContinuedCall call)
    {
        while (chain is { HasCalls: true } && !(chain.Calls is { } calls && Array.IndexOf(calls, call) >= 0))
        {
            chain = chain.Parent;
        }

        return chain is { HasCalls: true };
    }

    /// <summary>Whether it was taken in the turn that a thread has now: by the code that runs, or by what has called it.</summary>
    public bool IsOfTurn(int turn) => _turn == EveryTurn || _turn == turn;

    /// <summary>It stands for all that the flow does from here on, and not for a lock: nobody else has to wait for that.</summary>
    public void CoverAll() => _turn = EveryTurn;

    public void KeepContexts(ExecutionContext before, ExecutionContext? after) => (Before, After) = (before, after);

    /// <summary>By the one that has let it go. A thread that had it in its list may keep the node for long, and what the user put into his contexts must not live as long.</summary>
    public void ForgetContexts() => (Before, After) = (null, null);

    private const int EveryTurn = 0;

    public bool HasForks => Volatile.Read(ref _extra) is { } extra && Volatile.Read(ref extra.Forks) is not null; // pairs with the exchanges in AddFork

    /// <summary>The tasks that were started while this was held; each is handed out once.</summary>
    public IEnumerable<LockFork> TakeForks()
    {
        // Pairs with the exchanges in AddFork. Whoever adds later sees that this is released, and need not be told.
        Extra? extra = Volatile.Read(ref _extra);
        for (ForkLink? link = extra is null ? null : Interlocked.Exchange(ref extra.Forks, null); link is not null; link = link.Next)
        {
            yield return link.Fork;
        }
    }

    private void AddFork(LockFork fork)
    {
        Extra extra = MoreOf();
        ForkLink? first;
        do
        {
            first = Volatile.Read(ref extra.Forks); // pairs with the exchange of whoever else adds
        }
        while (Interlocked.CompareExchange(ref extra.Forks, new ForkLink(fork, first), first) != first); // pairs with the exchange in TakeForks
    }

    // Pairs with the reads of whoever looks for it: it is whole when it is seen, and there is one.
    private Extra MoreOf() => Volatile.Read(ref _extra) ?? (Interlocked.CompareExchange(ref _extra, new Extra(), null) ?? _extra);

    /// <summary>Every hold is a node, and few have any of these.</summary>
    private sealed class Extra
    {
        public HeldPath? Path;
        public string? TakenIn;
        public ForkLink? Forks;
    }

    private sealed record ForkLink(LockFork Fork, ForkLink? Next);

    /// <summary>True for one caller only.</summary>
    public bool TryRelease() => Interlocked.Exchange(ref _released, (byte)1) == 0; // pairs with the read in IsReleased

    /// <summary>The first list that has it. Nobody else has seen the node yet, so nobody is missed.</summary>
    public void BeginIn(IFlowReader list) => _loadedIn = list;

    // A thread that loads and one that releases must not miss each other:
    //
    //   a thread takes it into its list            somebody releases it
    //   write that it is there   (full fence)      exchange released   (full fence)
    //   is it released?                            who has it? tell them
    public void NoteLoaded(IFlowReader list)
    {
        if (Origin is not null)
        {
            Origin.NoteLoaded(list);
            return;
        }

        if (ReferenceEquals(_loadedIn, list))
        {
            return;
        }

        IFlowReader? other = Interlocked.Exchange(ref _loadedIn, list); // pairs with the read in TellOthers
        if (other is not null)
        {
            Volatile.Write(ref _isShared, true); // pairs with the read in TellOthers
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>After it was released: every other thread that has it in its list looks again.</summary>
    public void TellOthers(IFlowReader? releasing, IFlowReader all)
    {
        if (Volatile.Read(ref _isShared)) // pairs with the write in NoteLoaded
        {
            all.MarkStale();
        }
        else if (Volatile.Read(ref _loadedIn) is { } list && !ReferenceEquals(list, releasing)) // pairs with the exchange in NoteLoaded
        {
            list.MarkStale();
        }
    }
}
