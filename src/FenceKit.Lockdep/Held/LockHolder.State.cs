// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockHolder
{
    private ulong _state; // zero for a thread in no context and no section
    private ContextSet _active;
    private ContextSet _masked;
    private int _noWait;
    private int _noAllocation;
    private int _suppressed;
    private int _smallAllocations;
    private LockWaitType _waitLimit = LockWaitType.Blocking;

    /// <summary>The interrupting contexts in which this thread runs now.</summary>
    internal ContextSet Active => _active;

    /// <summary>The interrupting contexts that cannot interrupt this thread now.</summary>
    internal ContextSet Masked => _masked;

    internal bool InNoWaitSection => _noWait > 0;

    internal bool InNoAllocationSection => _noAllocation > 0;

    internal bool IsSuppressed => _suppressed > 0;

    /// <summary>
    /// Whether a sink runs on this thread. Its own locks count as held but are not validated; otherwise reporting could report itself.
    /// </summary>
    internal bool IsReporting { get; set; }

    internal LockWaitType WaitLimit => _waitLimit;

    internal List<LockMap>? MaskedMaps { get; set; }

    /// <summary>Whether the one-time allocation of the runtime for this thread was already tolerated.</summary>
    internal bool HasContended { get; set; }

    /// <summary>Tolerates a small allocation of a thread that holds no lock, as <see cref="LockMap"/> does for a lock.</summary>
    internal bool TryLetPassSmallAllocation() => _smallAllocations++ < LockMap.SmallAllocationsLetPass;

    /// <summary>Bytes that the validator itself allocated on this thread; they do not count against a no-allocation section.</summary>
    internal long OwnBytes { get; set; }

    internal void SetContexts(ContextSet active, ContextSet masked, LockWaitType waitLimit)
    {
        _active = active;
        _masked = masked;
        _waitLimit = waitLimit;
        UpdateState();
    }

    internal void AddNoWait(int change)
    {
        _noWait += change;
        UpdateState();
    }

    internal void AddNoAllocation(int change)
    {
        _noAllocation += change;
        UpdateState();
    }

    internal void AddSuppressed(int change)
    {
        _suppressed += change;
        UpdateState();
    }

    // Every state in which the same chain may have another verdict must change the keys.
    private void UpdateState()
    {
        ulong state = ChainKey.Mix(_active.Hash, 1) ^ ChainKey.Mix(_masked.Hash, 2);
        state ^= (ulong)(_noWait > 0 ? 1 : 0) << 61 | (ulong)(_suppressed > 0 ? 1 : 0) << 62 | (ulong)_waitLimit << 57;
        bool isPlain = _active.IsEmpty && _masked.IsEmpty && _noWait == 0 && _suppressed == 0 && _waitLimit == LockWaitType.Blocking;
        _state = isPlain ? 0 : state;
        Restamp();
    }
}
