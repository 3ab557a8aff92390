// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Model;

/// <summary>
/// Owner, node, and the network, which is the set of all messages that were ever sent: each may arrive at any moment, any number of times, or never.
/// </summary>
/// <remarks>A value is 0 for none, 1 for one older than what is committed, 2 for what is committed, 3 and 4 for what was written after that.</remarks>
internal struct ModelState : IEquatable<ModelState>
{
    internal const byte Nothing = 0;
    internal const byte Old = 1;
    internal const byte CommittedValue = 2;

    internal byte OwnerTime, NodeTime;

    // The owner.
    internal byte Epoch;      // 0 or 1
    internal byte Member;     // its membership; 0 for none
    internal byte Until;      // when its promise is over
    internal byte Session;    // its number, which counts from 1 for each owner; 0 for none
    internal byte LastSession;
    internal byte SessionsLeft;
    internal byte Grace;      // when it is over; 0 when it is
    internal byte Memberships; // made so far
    internal byte Ahead;      // of how many writes the origin is ahead of what is committed
    internal bool IsWaiting, IsWritten;

    // The node.
    internal byte Life;       // 0 or 1
    internal byte Joined;     // the membership under which it has its lease; 0 without one
    internal byte LeaseUntil;
    internal byte Copy, Building;
    internal byte Closed, Ended; // sessions, a bit each
    internal ushort Sent;     // when each request was sent, plus 1; 0 when forgotten

    // The network.
    internal ushort Requests;         // of each 0: not sent; 1, 2: a join of that life; above: a renewal of a membership
    internal ulong Grants;            // by request, membership, the highest session, and whether that is open
    internal byte LifeOf;             // of each membership, a bit
    internal byte EpochOf;            // of each membership, a bit
    internal byte Expels;             // by life
    internal ushort Schedules, Acknowledgements, Ends; // by membership and session

    /// <summary>Of a grant: the highest session is 0; 1; 1, and it is open; 2; 2, and it is open.</summary>
    internal const int Statuses = 5;

    private const int BitsOfARequest = 3;
    private const int GrantsOfARequest = (ModelBounds.Memberships + 1) * Statuses;

    internal static int GrantBitOf(int request, int membership, int status) => (request * GrantsOfARequest) + (membership * Statuses) + status;

    internal static int BitOf(int membership, int session) => (membership * 2) + session - 1;

    internal readonly bool Has(ushort set, int membership, int session) => (set & (1 << BitOf(membership, session))) != 0;

    internal readonly byte SentAt(int request) => (byte)((Sent >> (request * BitsOfARequest)) & 7);

    internal readonly byte RequestOf(int request) => (byte)((Requests >> (request * BitsOfARequest)) & 7);

    internal void Send(int request, byte what)
    {
        Requests |= (ushort)(what << (request * BitsOfARequest));
        Sent |= (ushort)((NodeTime + 1) << (request * BitsOfARequest));
    }

    internal void ForgetRequest(int request)
    {
        Sent &= (ushort)~(7 << (request * BitsOfARequest));
        Grants &= ~(((1UL << GrantsOfARequest) - 1) << (request * GrantsOfARequest));
    }

    internal readonly int LifeOfMember(int membership) => (LifeOf >> membership) & 1;

    internal readonly int EpochOfMember(int membership) => (EpochOf >> membership) & 1;

    public readonly bool Equals(ModelState other) => Pack() == other.Pack();

    public override readonly bool Equals(object? obj) => obj is ModelState other && Equals(other);

    public override readonly int GetHashCode() => Pack().GetHashCode();

    /// <summary>The state as a number. Two states that behave alike have the same one, once <see cref="ProtocolModel"/> has forgotten what cannot matter any more.</summary>
    internal readonly UInt128 Pack()
    {
        Packer packer = default;
        packer.Add(OwnerTime, 3);
        packer.Add(NodeTime - OwnerTime + 1, 2); // what lies ahead is kept as how far ahead
        packer.Add(Epoch, 1);
        packer.Add(Member, 2);
        packer.Add(Member == 0 ? 0 : Until - OwnerTime, 2);
        packer.Add(Session, 2);
        packer.Add(LastSession, 2);
        packer.Add(SessionsLeft, 2);
        packer.Add(Grace == 0 ? 0 : Grace - OwnerTime, 2);
        packer.Add(Memberships, 2);
        packer.Add(Ahead, 2);
        packer.Add(IsWaiting ? 1u : 0, 1);
        packer.Add(IsWritten ? 1u : 0, 1);
        packer.Add(Life, 1);
        packer.Add(Joined, 2);
        packer.Add(Joined == 0 ? 0 : LeaseUntil - NodeTime, 2);
        packer.Add(Copy, 3);
        packer.Add(Building, 3);
        packer.Add(Closed, 2);
        packer.Add(Ended, 2);
        packer.Add(Sent, ModelBounds.MostRequests * BitsOfARequest);
        packer.Add(Requests, ModelBounds.MostRequests * BitsOfARequest);
        packer.Add(LifeOf >> 1, 3);
        packer.Add(EpochOf >> 1, 3);
        packer.Add(Expels, 2);
        packer.Add(Schedules >> 2, 6);
        packer.Add(Acknowledgements >> 2, 6);
        packer.Add(Ends >> 2, 6);
        for (int request = 0; request < ModelBounds.MostRequests; request++)
        {
            const int Used = GrantsOfARequest - Statuses; // there is no membership 0
            packer.Add((Grants >> GrantBitOf(request, 1, 0)) & ((1UL << Used) - 1), Used);
        }

        return packer.Value;
    }

    private struct Packer
    {
        private int _at;

        internal UInt128 Value { get; private set; }

        internal void Add(ulong value, int bits)
        {
            Assert.True(value < 1UL << bits && _at + bits <= 128, "the model does not fit");
            Value |= (UInt128)value << _at;
            _at += bits;
        }

        internal void Add(int value, int bits) => Add((ulong)value, bits);
    }
}
