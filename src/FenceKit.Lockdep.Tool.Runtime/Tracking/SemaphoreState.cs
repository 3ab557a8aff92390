// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// A semaphore that was created with permits, and so is a lock. Its permits belong to the flow that waits for them, because code may wait
/// on one thread and release on another.
/// </summary>
/// <param name="map">The map of the semaphore.</param>
internal sealed class SemaphoreState(LockMap map)
{
    private readonly UninterruptedLock _gate = new();
    private readonly List<FlowNode> _holds = []; // oldest first; under the gate
    private int _unfollowed; // the number of permits that were acquired while the flow of the context was suppressed; under the gate
    private volatile bool _isSignal;

    public LockMap Map => map;

    /// <summary>True after a release without a prior wait: the semaphore is used as a signal, and says nothing about lock order.</summary>
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

    /// <summary>Takes the hold to release: a permit of this flow, or else the oldest one.</summary>
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
