// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

internal sealed partial class HeldStack
{
    private ContextSet _active;
    private ContextSet _masked;
    private int _noWait;
    private int _noAllocation;
    private int _suppressed;
    private LockWaitType _waitLimit = LockWaitType.Blocking;

    /// <summary>The interrupting contexts that this thread runs in now.</summary>
    public ContextSet Active => _active;

    /// <summary>The interrupting contexts that cannot interrupt this thread now.</summary>
    public ContextSet Masked => _masked;

    public bool InNoWaitSection => _noWait > 0;

    public bool InNoAllocationSection => _noAllocation > 0;

    public bool IsSuppressed => _suppressed > 0;

    /// <summary>A sink runs on this thread: its own locks are held but not judged, or reporting could report itself.</summary>
    public bool IsReporting { get; set; }

    public LockWaitType WaitLimit => _waitLimit;

    public List<LockMap>? MaskedMaps { get; set; }

    /// <summary>What the runtime allocates at a thread's first contention has been let pass.</summary>
    public bool HasContended { get; set; }

    /// <summary>Bytes that the validator itself allocated on this thread; they do not count against a no-allocation section.</summary>
    public long OwnBytes { get; set; }

    public void SetContexts(ContextSet active, ContextSet masked, LockWaitType waitLimit)
    {
        _active = active;
        _masked = masked;
        _waitLimit = waitLimit;
        UpdateState();
    }

    public void AddNoWait(int change)
    {
        _noWait += change;
        UpdateState();
    }

    public void AddNoAllocation(int change)
    {
        _noAllocation += change;
        UpdateState();
    }

    public void AddSuppressed(int change)
    {
        _suppressed += change;
        UpdateState();
    }

    // Every state in which the same chain could get another verdict must change the keys.
    private void UpdateState()
    {
        ulong state = ChainKey.Mix(_active.Hash, 1) ^ ChainKey.Mix(_masked.Hash, 2);
        state ^= (ulong)(_noWait > 0 ? 1 : 0) << 61 | (ulong)(_suppressed > 0 ? 1 : 0) << 62 | (ulong)_waitLimit << 57;
        bool isPlain = _active.IsEmpty && _masked.IsEmpty && _noWait == 0 && _suppressed == 0 && _waitLimit == LockWaitType.Blocking;
        _state = isPlain ? 0 : state;
    }
}
