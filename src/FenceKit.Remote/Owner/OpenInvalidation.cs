// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>
/// An entry for a range of a session that nodes are told about. The entries are allocated in advance. Everything is under the owner's gate.
/// </summary>
internal sealed class OpenInvalidation(int index)
{
    private bool _isRelease;

    /// <summary>The index of the entry, the same in the owner's table and in that of every member.</summary>
    internal int Index { get; } = index;

    internal RemoteInvalidation Invalidation { get; private set; }

    /// <summary>The number of the session in the owner's notifier.</summary>
    internal ulong SessionNumber { get; private set; }

    /// <summary>The range as requested from the notifier.</summary>
    internal AddressRange Requested { get; private set; }

    /// <summary>Signals when every member has answered.</summary>
    internal FenceSource Source { get; private set; }

    /// <summary>The number of members that have not answered yet.</summary>
    internal int Unanswered { get; set; }

    /// <summary>Whether the session has not ended yet.</summary>
    internal bool IsOpen { get; private set; }

    internal bool IsCommitted { get; private set; }

    /// <summary>
    /// Whether nodes are still asked to let go. The session of a shutdown ends at once, but nodes continue to be asked until the memory in
    /// quarantine is released.
    /// </summary>
    internal bool IsAsked => IsOpen || (_isRelease && Unanswered > 0);

    /// <summary>Whether the entry is in use. An invalidation that has ended keeps its entry until the last fence is signaled.</summary>
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
