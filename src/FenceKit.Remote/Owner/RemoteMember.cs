// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A node that has a lease or may believe that it has. Everything is under the owner's gate.</summary>
internal sealed class RemoteMember : IDisposable
{
    private readonly FencePool _fences;
    private readonly Expectation[] _expectations; // by the index of the invalidation

    internal RemoteMember(in RemoteMessageHeader join, ulong membership, string name, string channel, int sessionCapacity, TimeProvider clock)
    {
        Node = join.Node;
        Incarnation = join.Incarnation;
        Membership = membership;
        Name = name;
        Channel = channel;
        _expectations = new Expectation[sessionCapacity];

        // Twice as many, because an entry is free shortly before its last fence has returned its slot.
        _fences = new FencePool(name, sessionCapacity * 2, new FenceTimelineOptions { TimeProvider = clock });
    }

    internal UInt128 Node { get; }

    internal ulong Incarnation { get; }

    internal ulong Membership { get; }

    internal string Name { get; }

    internal string Channel { get; }

    /// <summary>The time, by the owner's clock, at which the last lease has certainly run out.</summary>
    internal long Until { get; set; }

    /// <summary>The number of outstanding answers.</summary>
    internal int Unanswered { get; private set; }

    /// <summary>The subscription that names the node in lists of holders.</summary>
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

    /// <summary>Records an answer. The caller signals the returned fence outside the gate.</summary>
    internal FenceSource Answer(int place)
    {
        FenceSource source = _expectations[place].Source;
        _expectations[place] = default;
        Unanswered--;
        return source;
    }

    /// <summary>Whether an answer has been outstanding since before this moment.</summary>
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

    /// <summary>Called when the owner is disposed: outstanding fences fault.</summary>
    public void Dispose() => _fences.Dispose();

    /// <summary>An outstanding answer.</summary>
    internal struct Expectation
    {
        internal bool IsWaiting;
        internal bool IsSent;
        internal long ScheduledAt;
        internal long SentAt;
        internal FenceSource Source;
    }
}
