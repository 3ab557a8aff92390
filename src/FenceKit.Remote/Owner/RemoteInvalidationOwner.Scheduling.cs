// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

// Phase A on the owner: every member has to be told of the range, which the pump does; this code neither sends nor waits.
public sealed partial class RemoteInvalidationOwner
{
    private readonly Queue<(ulong Number, bool IsCommitted)> _ended; // under the gate, like all that follows

    /// <summary>
    /// A node joins, under the gate, either before this call, so the session waits for it, or after it, and then gets the range with its
    /// grant.
    /// </summary>
    private bool TryBegin(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        using (_gate.Enter())
        {
            OpenInvalidation? place = FindFreePlace();
            FenceSource source = default;
            if (place is null || (_members.Count > 0 && !_sessionFences.TryRent(out source)))
            {
                return false;
            }

            if (!TryExpectAll(place.Index))
            {
                source.TrySignal(); // the fence was not published
                return false;
            }

            InvalidationReason reason = request.Reason == InvalidationReason.Release ? InvalidationReason.Discard : request.Reason;
            RemoteInvalidation invalidation = new(++_lastNumber, request.Range.Intersect(_range), reason);
            place.Begin(in request, invalidation, source, _members.Count);
            fence = _members.Count > 0 ? source.Fence : default;
        }

        _pump.Wake();
        return true;
    }

    private bool TryExpectAll(int place)
    {
        long now = _time.Now;
        foreach (RemoteMember member in _all)
        {
            if (!member.TryExpect(place, now))
            {
                foreach (RemoteMember told in _all)
                {
                    if (told == member)
                    {
                        return false;
                    }

                    told.Answer(place).TrySignal(); // the fence was not published
                }
            }
        }

        return true;
    }

    /// <summary>The fence of one member, under the member's name, for code that lists the holders of a session.</summary>
    private Fence FindFence(RemoteMember member, in InvalidationRequest request)
    {
        using (_gate.Enter())
        {
            foreach (OpenInvalidation invalidation in _open)
            {
                if (invalidation.IsOf(in request) && member[invalidation.Index].IsWaiting)
                {
                    return member[invalidation.Index].Source.Fence;
                }
            }
        }

        return default; // it has answered, or joined later: the session does not wait for it
    }

    /// <summary>
    /// Handles the end of a session. Members are told; an outstanding fence stays pending until its node answers or its lease is over.
    /// </summary>
    private void End(in InvalidationRequest request, bool isCommitted)
    {
        using (_gate.Enter())
        {
            foreach (OpenInvalidation invalidation in _open)
            {
                if (invalidation.IsOpen && invalidation.IsOf(in request))
                {
                    invalidation.End(isCommitted);
                    if (!invalidation.IsAsked && _ended.Count < _options.SessionCapacity) // otherwise nodes learn of it from their next grant
                    {
                        _ended.Enqueue((invalidation.Invalidation.Number, isCommitted));
                    }
                }
            }
        }

        _pump.Wake();
    }

    private OpenInvalidation? FindFreePlace()
    {
        foreach (OpenInvalidation invalidation in _open)
        {
            if (!invalidation.IsTaken)
            {
                return invalidation;
            }
        }

        return null;
    }

    /// <summary>
    /// The subscriber for all nodes together, so that what a session waits for does not depend on the subscriptions at its beginning.
    /// </summary>
    private sealed class Roster(RemoteInvalidationOwner owner) : IInvalidationObserver
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence) => owner.TryBegin(in request, out fence);

        public void OnEnded(in InvalidationRequest request, bool isCommitted) => owner.End(in request, isCommitted);
    }

    /// <summary>
    /// The subscriber for one node, which only gives it a name. It is called after the roster, which has scheduled the node by then.
    /// </summary>
    private sealed class Nameplate(RemoteInvalidationOwner owner, RemoteMember member) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = owner.FindFence(member, in request);
            return true;
        }
    }

    /// <summary>
    /// The subscriber for the grace period, in which no session completes. Its fence is signaled at the end and stays so.
    /// </summary>
    private sealed class GraceSubscriber(Fence grace) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = grace;
            return true;
        }
    }
}
