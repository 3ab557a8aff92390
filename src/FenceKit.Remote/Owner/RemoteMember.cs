// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A node that has, or may believe it has, a lease. Everything under the owner's gate.</summary>
internal sealed class RemoteMember : IDisposable
{
    private readonly FencePool _fences;
    private readonly Expectation[] _expectations; // by the place of the invalidation

    internal RemoteMember(in RemoteMessageHeader join, ulong membership, string name, string channel, int sessionCapacity, TimeProvider clock)
    {
        Node = join.Node;
        Incarnation = join.Incarnation;
        Membership = membership;
        Name = name;
        Channel = channel;
        _expectations = new Expectation[sessionCapacity];

        // Twice, because a place is free a moment before its last fence has given its slot back.
        _fences = new FencePool(name, sessionCapacity * 2, new FenceTimelineOptions { TimeProvider = clock });
    }

    internal UInt128 Node { get; }

    internal ulong Incarnation { get; }

    internal ulong Membership { get; }

    internal string Name { get; }

    internal string Channel { get; }

    /// <summary>When, by the owner's clock, the last lease has run out for certain.</summary>
    internal long Until { get; set; }

    /// <summary>How many of its answers are outstanding.</summary>
    internal int Unanswered { get; private set; }

    /// <summary>What names it among those that a session waits for.</summary>
    internal InvalidationSubscription? Nameplate { get; set; }

    internal ref Expectation this[int place] => ref _expectations[place];

    internal bool IsAddressedBy(in RemoteMessageHeader header) =>
        header.Node == Node && header.Incarnation == Incarnation && header.Membership == Membership;

    internal bool TryExpect(int place, long now)
    {
        if (!_fences.TryRent(out FenceSource source))
        {
            return false;
        }

        _expectations[place] = new Expectation { IsWaiting = true, Source = source, ScheduledAt = now };
        Unanswered++;
        return true;
    }

    /// <summary>The answer is there; the caller signals the fence when it has left the gate.</summary>
    internal FenceSource Answer(int place)
    {
        FenceSource source = _expectations[place].Source;
        _expectations[place] = default;
        Unanswered--;
        return source;
    }

    /// <summary>Whether an answer has been outstanding since before a moment.</summary>
    internal bool IsSilentSince(long moment)
    {
        for (int place = 0; Unanswered > 0 && place < _expectations.Length; place++)
        {
            if (_expectations[place].IsWaiting && _expectations[place].ScheduledAt < moment)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The owner is gone: whatever is outstanding faults.</summary>
    public void Dispose() => _fences.Dispose();

    /// <summary>An answer that is outstanding.</summary>
    internal struct Expectation
    {
        internal bool IsWaiting;
        internal bool IsSent;
        internal long ScheduledAt;
        internal long SentAt;
        internal FenceSource Source;
    }
}
