// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// A lock that an asynchronous flow holds, or the start of a task that is a separate flow. The execution context carries the newest node;
/// older ones are linked through Parent. Nodes that a called method adds are visible to the method and to what it calls, but not to its
/// caller, because of how the runtime treats execution contexts. A hold that ends with the method needs exactly that.
/// </summary>
internal sealed class FlowNode
{
    private byte _released; // there is one node for each hold, so small fields are placed side by side
    private bool _isShared;
    private int _turn;
    private object? _kind; // for a transferred hold, the original node; otherwise the started task, or the continued calls
    private IFlowReader? _loadedIn;
    private Extra? _extra; // rarely used fields; created once, interlocked

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

    /// <summary>Not null at the start of a task: the nodes behind it belong to the starter.</summary>
    public LockFork? Fork => _kind as LockFork;

    /// <summary>
    /// Not null where asynchronous methods have continued, of which it is not known whether the holder of the locks behind waits for them.
    /// </summary>
    public ContinuedCall[]? Calls => _kind as ContinuedCall[];

    private bool IsDecided
    {
        get
        {
            if (!HasCalls || Calls is not { } calls) // most nodes have none, and the type check costs more
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

    /// <summary>Whether this node or one behind it has continued calls.</summary>
    public bool HasCalls { get; private init; }

    /// <summary>Like <see cref="HeldEntry.Path"/>, for any thread that continues the flow.</summary>
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

    /// <summary>
    /// The execution context without this node (Before), and the one that differs only by this node (After); null when the lock has been
    /// released.
    /// </summary>
    public ExecutionContext? Before { get; private set; }

    public ExecutionContext? After { get; private set; }

    /// <summary>The original node of a transferred hold; it records the release.</summary>
    public FlowNode? Origin => _kind as FlowNode;

    /// <summary>The method that acquired the lock, if a tool knows it: the method transfers the lock to the code that awaits it.</summary>
    public string? TakenIn
    {
        get => _extra?.TakenIn;
        set => MoreOf().TakenIn = value;
    }

    public bool IsReleased => Volatile.Read(ref (Origin ?? this)._released) != 0; // pairs with the exchange in TryRelease

    public static FlowNode ForHold(FlowNode? parent, LockMap map, ChainRecord record, ulong own, int turn)
        => new(Living(parent)) { Map = map, Record = record, Own = own, _turn = turn };

    /// <summary>Creates a node for a hold that was transferred to this flow.</summary>
    public static FlowNode ForAdoption(FlowNode? parent, FlowNode hold, int turn) => new(Living(parent))
    {
        Map = hold.Map,
        Record = hold.Record,
        Own = hold.Own,
        Path = hold.Path,
        _kind = hold.Origin ?? hold,
        _turn = turn,
    };

    /// <summary>Creates a node for a flow that has come through methods that continued after an await.</summary>
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
    /// The newest node that still counts, so that chains stay as short as the nesting is deep. Released locks below undecided calls are
    /// removed as well: what the flow acquires from here on was not acquired under them.
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

    /// <summary>The task that a node belongs to; null for a flow whose start was not seen.</summary>
    public static LockFork? ForkOf(FlowNode? node)
    {
        while (node is { Fork: null })
        {
            node = node.Parent;
        }

        return node?.Fork;
    }

    /// <summary>Whether any lock of the chain is still held, in this flow or in those that started it and may wait for it.</summary>
    public static bool HoldsAnything(FlowNode? node)
    {
        while (node is not null && (node.Fork is { IsDetached: false, Guards.Length: 0 } || (node.Fork is null && (node.Map is null || node.IsReleased))))
        {
            node = node.Parent;
        }

        return node is { Fork: not { IsDetached: true } };
    }

    /// <summary>Whether a fork is in the chain.</summary>
    public static bool Contains(FlowNode? chain, LockFork fork)
    {
        while (chain is not null && !ReferenceEquals(chain.Fork, fork))
        {
            chain = chain.Parent;
        }

        return chain is not null;
    }

    /// <summary>Whether a hold is in the chain, original or transferred.</summary>
    public static bool ContainsHold(FlowNode? chain, FlowNode hold)
    {
        while (chain is not null && !ReferenceEquals(chain.Origin ?? chain, hold))
        {
            chain = chain.Parent;
        }

        return chain is not null;
    }

    /// <summary>Whether the flow has come through this continued call.</summary>
    public static bool Carries(FlowNode? chain, ContinuedCall call)
    {
        while (chain is { HasCalls: true } && !(chain.Calls is { } calls && Array.IndexOf(calls, call) >= 0))
        {
            chain = chain.Parent;
        }

        return chain is { HasCalls: true };
    }

    /// <summary>Whether the lock was acquired in the current turn of a thread: by the code that runs now, or by its callers.</summary>
    public bool IsOfTurn(int turn) => _turn == EveryTurn || _turn == turn;

    /// <summary>
    /// Marks a node that stands for everything that the flow does from here on, and not for a lock: it is certain in every turn.
    /// </summary>
    public void CoverAll() => _turn = EveryTurn;

    public void KeepContexts(ExecutionContext before, ExecutionContext? after) => (Before, After) = (before, after);

    /// <summary>
    /// Called by the code that released the lock. A thread with the node in its held list may keep it for long, and the user's values in
    /// the contexts must not live as long.
    /// </summary>
    public void ForgetContexts() => (Before, After) = (null, null);

    private const int EveryTurn = 0;

    public bool HasForks => Volatile.Read(ref _extra) is { } extra && Volatile.Read(ref extra.Forks) is not null; // pairs with the exchanges in AddFork

    /// <summary>The tasks that were started while the lock was held; each is returned once.</summary>
    public IEnumerable<LockFork> TakeForks()
    {
        // Pairs with the exchanges in AddFork. A thread that adds later sees that the lock is released, so it need not be returned here.
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
            first = Volatile.Read(ref extra.Forks); // pairs with the exchange of another thread that adds
        }
        while (Interlocked.CompareExchange(ref extra.Forks, new ForkLink(fork, first), first) != first); // pairs with the exchange in TakeForks
    }

    // Pairs with the reads of other threads: an object that is seen is complete, and there is only one.
    private Extra MoreOf() => Volatile.Read(ref _extra) ?? (Interlocked.CompareExchange(ref _extra, new Extra(), null) ?? _extra);

    /// <summary>Rarely used fields, kept apart because every hold has a node.</summary>
    private sealed class Extra
    {
        public HeldPath? Path;
        public string? TakenIn;
        public ForkLink? Forks;
    }

    private sealed record ForkLink(LockFork Fork, ForkLink? Next);

    /// <summary>Releases the hold. True for one caller only.</summary>
    public bool TryRelease() => Interlocked.Exchange(ref _released, (byte)1) == 0; // pairs with the read in IsReleased

    /// <summary>Sets the first held list that contains the node. No other thread has seen the node yet, so none is missed.</summary>
    public void BeginIn(IFlowReader list) => _loadedIn = list;

    // A thread that loads and one that releases must not miss each other:
    //
    //   thread that adds it to its held list       thread that releases it
    //   record the list         (full fence)       exchange released   (full fence)
    //   is it released?                            which lists contain it? tell them
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

    /// <summary>Called after the release: every other thread that has the node in its held list is told to refresh the list.</summary>
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
