// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The slots, and their transitions.
public sealed partial class FenceWaitSet
{
    //   Empty ──Set──► Watched ──the fence completes──► Ready ──taken──► Empty
    //     ▲               └──Clear, or Set again─┐         └──Clear──┐
    //     └──────────────────────────────────────┴───────────────────┘
    private enum SlotState
    {
        Empty = 0,
        Watched = 1,
        Ready = 2,
    }

    /// <summary>
    /// Fills a slot. The caller must then add the node to the fence, outside the lock, because adding the first waiter of a fence calls the
    /// driver, which may signal fences of other slots.
    /// </summary>
    private Node Fill(int index, Fence fence)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        ObjectDisposedException.ThrowIf(_disposed, this);
        ClearLocked(index);
        ref Slot slot = ref _slots[index];
        slot.State = SlotState.Watched;
        slot.Fence = fence;
        _watched++;
        return slot.Node;
    }

    /// <summary>
    /// Whether the slot still has this node. When a slot is emptied before its node was added to the fence, the node cannot be removed, and
    /// the slot gets a new node. So a slot that still has its node was not emptied in between.
    /// </summary>
    private bool IsOfSlot(Node node)
    {
        _lock.EnterShielded();
        bool isOfSlot = ReferenceEquals(_slots[node.Index].Node, node);
        _lock.Exit();
        return isOfSlot;
    }

    private void OnSignaled(Node node, FenceStatus status, Exception? error)
    {
        using (_lock.EnterShieldedScope())
        {
            if (!ReferenceEquals(_slots[node.Index].Node, node))
            {
                return; // the slot was refilled or emptied before this callback ran
            }

            CompleteLocked(node.Index, status, error);
        }

        Announce();
    }

    private void CompleteLocked(int index, FenceStatus status, Exception? error)
    {
        ref Slot slot = ref _slots[index];
        Debug.Assert(slot.State == SlotState.Watched, "A slot completes once.");
        slot.State = SlotState.Ready;
        slot.Status = status;
        slot.Error = error;
        _ready[(_readyHead + _readyCount) % _ready.Length] = index;
        _readyCount++;
        _arrived++;
        StopWatchingLocked();
    }

    private bool ClearLocked(int index)
    {
        ref Slot slot = ref _slots[index];
        switch (slot.State)
        {
            case SlotState.Empty:
                return false;
            case SlotState.Watched:
                if (slot.Fence.TryRemoveCallback(slot.Node) != FenceCallbackRemoval.Removed)
                {
                    // Its callback is about to run. It will find another node in the slot, and do nothing.
                    slot.Node = new Node(this, index);
                }

                StopWatchingLocked();
                break;
            default:
                DropFromReadyLocked(index);
                break;
        }

        slot.Reset();
        return true;
    }

    private void StopWatchingLocked()
    {
        if (--_watched == 0)
        {
            _drained++;
        }
    }

    private void DropFromReadyLocked(int index)
    {
        int kept = 0;
        for (int i = 0; i < _readyCount; i++)
        {
            int ready = _ready[(_readyHead + i) % _ready.Length];
            if (ready != index)
            {
                _ready[(_readyHead + kept++) % _ready.Length] = ready;
            }
        }

        _readyCount = kept;
    }

    /// <summary>
    /// Signals the waiters, outside the lock, because their continuations may run here. The counters only rise, so signaling late or twice is
    /// harmless.
    /// </summary>
    private void Announce()
    {
        _arrivals.SignalCore(TimelineState.TargetOf(Volatile.Read(ref _arrived)));
        _drains.SignalCore(TimelineState.TargetOf(Volatile.Read(ref _drained)));
    }

    private struct Slot
    {
        internal Node Node;
        internal SlotState State;
        internal Fence Fence;
        internal FenceStatus Status;
        internal Exception? Error;

        internal void Reset()
        {
            State = SlotState.Empty;
            Fence = default;
            Error = null;
            Node.Forget(); // so that the node does not keep the timeline alive
        }
    }

    private sealed class Node(FenceWaitSet owner, int index) : FenceCallback
    {
        internal int Index => index;

        internal override void DescribeWaits(Fence fence, List<FenceWait> waits)
        {
            foreach ((FenceCallback callback, _, _) in owner._arrivals.CopyWaiting())
            {
                callback.DescribeWaits(fence, waits);
            }
        }

        protected override void OnSignaled(FenceStatus status, Exception? fault) => owner.OnSignaled(this, status, fault);
    }
}
