// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A range of a session that nodes are told of, in a place that was made ahead of time. Everything under the owner's gate.</summary>
internal sealed class OpenInvalidation(int index)
{
    private bool _isRelease;

    /// <summary>Its place, the same in the owner's table and in every member's.</summary>
    internal int Index { get; } = index;

    internal RemoteInvalidation Invalidation { get; private set; }

    /// <summary>The number of the session in the owner's notifier.</summary>
    internal ulong SessionNumber { get; private set; }

    /// <summary>The range as the notifier names it.</summary>
    internal AddressRange Requested { get; private set; }

    /// <summary>Signals when every member has answered.</summary>
    internal FenceSource Source { get; private set; }

    /// <summary>Of how many members there is no answer yet.</summary>
    internal int Unanswered { get; set; }

    /// <summary>Whether the session has not ended yet.</summary>
    internal bool IsOpen { get; private set; }

    internal bool IsCommitted { get; private set; }

    /// <summary>
    /// Whether nodes are asked to let go still. A shutdown ends at once, and what its owner keeps in quarantine counts as let go of only when it has been.
    /// </summary>
    internal bool IsAsked => IsOpen || (_isRelease && Unanswered > 0);

    /// <summary>Whether the place serves somebody. An invalidation that has ended keeps it until the last fence is signaled.</summary>
    internal bool IsTaken => IsOpen || Unanswered > 0;

    internal void Begin(in InvalidationRequest request, RemoteInvalidation invalidation, FenceSource source, int members)
    {
        SessionNumber = request.SessionNumber;
        Requested = request.Range;
        Invalidation = invalidation;
        Source = source;
        Unanswered = members;
        IsOpen = true;
        IsCommitted = false;
        _isRelease = request.Reason == InvalidationReason.Release;
    }

    internal bool IsOf(in InvalidationRequest request) => IsTaken && SessionNumber == request.SessionNumber && Requested == request.Range;

    internal void End(bool isCommitted)
    {
        IsOpen = false;
        IsCommitted = isCommitted;
    }
}
