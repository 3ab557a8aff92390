// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

// Phase A on the owner: every member is told of the range, by the pump; nothing is sent here, and nobody waits.
public sealed partial class RemoteInvalidationOwner
{
    private readonly Queue<(ulong Number, bool IsCommitted)> _ended; // under the gate, like all that follows

    /// <summary>Under the gate a node joins either before this, and is waited for, or after it, and gets the range with its lease.</summary>
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
                source.TrySignal(); // nobody has seen the fence
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

                    told.Answer(place).TrySignal(); // nobody has seen the fence
                }
            }
        }

        return true;
    }

    /// <summary>The fence of one member, so that code that asks who is waited for hears its name.</summary>
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

        return default; // it has answered, or came later: then nobody waits for it
    }

    /// <summary>The session has ended. Members are told; a fence that is outstanding stays so until its node answers or its lease is over.</summary>
    private void End(in InvalidationRequest request, bool isCommitted)
    {
        using (_gate.Enter())
        {
            foreach (OpenInvalidation invalidation in _open)
            {
                if (invalidation.IsOpen && invalidation.IsOf(in request))
                {
                    invalidation.End(isCommitted);
                    if (!invalidation.IsAsked && _ended.Count < _options.SessionCapacity) // otherwise nodes hear of it with their next grant
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

    /// <summary>All nodes together: what a session waits for does not depend on who was subscribed when it began.</summary>
    private sealed class Roster(RemoteInvalidationOwner owner) : IInvalidationObserver
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence) => owner.TryBegin(in request, out fence);

        public void OnEnded(in InvalidationRequest request, bool isCommitted) => owner.End(in request, isCommitted);
    }

    /// <summary>One node, by name. It comes after the roster, which has told the node by then.</summary>
    private sealed class Nameplate(RemoteInvalidationOwner owner, RemoteMember member) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = owner.FindFence(member, in request);
            return true;
        }
    }

    /// <summary>The time after the start in which nothing is completed. Its fence reads signaled ever after.</summary>
    private sealed class GraceSubscriber(Fence grace) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = grace;
            return true;
        }
    }
}
