// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// A semaphore that was made with permits: a lock. Its permits belong to the flow that waits for them, for code may wait on one thread and release on another.
/// </summary>
/// <param name="map">The semaphore as the validator knows it.</param>
internal sealed class SemaphoreState(LockMap map)
{
    private readonly UninterruptedLock _gate = new();
    private readonly List<FlowNode> _holds = []; // under the gate, the oldest first
    private int _unfollowed; // under the gate: permits that were taken where the flow is suppressed
    private volatile bool _isSignal;

    public LockMap Map => map;

    /// <summary>Somebody has released what nobody has taken: it is a signal, and says nothing about orders.</summary>
    public bool IsSignal => _isSignal;

    public static PendingHold PendingOf(LockMap map, LockAttempt attempt, LockCallSite site)
    {
        AcquireShape shape = AcquireShape.Of(LockAcquireMode.Exclusive, attempt).AsOfFlow();
        return new PendingHold(LockValidator.OwnKey(map.Identity, shape, null, site.Place.Line), shape, site.Place.File, site.Place.Line);
    }

    public void Announce(in PendingHold pending)
    {
        using var ignored = LockValidator.Ignore();
        Session.Validator.Announce(map, pending);
    }

    public void Hold(in PendingHold pending, LockCallSite site)
    {
        using var ignored = LockValidator.Ignore();
        FlowNode? node = Session.Validator.Hold(map, pending);
        node?.TakenIn = site.Place.Member;
        using (_gate.EnterScope())
        {
            if (node is null)
            {
                _unfollowed++;
            }
            else
            {
                _holds.Add(node);
            }
        }
    }

    /// <summary>Takes back what is about to be released: a permit of this flow, or else the one that was taken first.</summary>
    public FlowNode? Take()
    {
        FlowNode? own = Session.Validator.FindInFlow(map);
        own = own?.Origin ?? own;
        using (_gate.EnterScope())
        {
            int index = own is null ? -1 : _holds.LastIndexOf(own);
            if (index < 0 && _holds.Count > 0)
            {
                index = 0;
            }

            if (index < 0)
            {
                _isSignal |= _unfollowed == 0;
                _unfollowed = Math.Max(0, _unfollowed - 1);
                return null;
            }

            FlowNode taken = _holds[index];
            _holds.RemoveAt(index);
            return taken;
        }
    }
}
