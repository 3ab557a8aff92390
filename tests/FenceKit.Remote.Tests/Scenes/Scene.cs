// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>
/// One owner, one node and one value, with a clock for each party and every message in the hands of the scene. It knows nothing of any test framework: the
/// mutations compile it together with the library.
/// </summary>
internal sealed class Scene
{
    internal const double Drift = 0.1;

    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    internal static readonly AddressRange Range = KeySpace.RangeOf("value");

    private long _origin;
    private long _committed;

    internal Scene(double ownerRate = 1, double nodeRate = 1, IInvalidationSubscriber? first = null)
    {
        OwnerClock = new PartyClock(Clock, ownerRate, start: 5_000_000);
        NodeClock = new PartyClock(Clock, nodeRate, start: 77_000_000_000);
        StartOwner(TimeSpan.Zero, first);
        Notifier = new InvalidationNotifier("node");
        Cache = new CopyCache(Notifier, KeySpace.All, [Range]);
        Node = new RemoteInvalidationNode(
            Notifier,
            KeySpace.All,
            Transport,
            "domain",
            new RemoteNodeOptions { Name = "node", ClockDriftBound = Drift, TimeProvider = NodeClock, RejoinJitter = TimeSpan.Zero },
            isStepped: true);
    }

    internal WorldClock Clock { get; } = new();

    internal PartyClock OwnerClock { get; }

    internal PartyClock NodeClock { get; }

    internal HeldTransport Transport { get; } = new();

    internal InvalidationNotifier OwnerNotifier { get; private set; } = null!;

    internal RemoteInvalidationOwner Owner { get; private set; } = null!;

    internal InvalidationNotifier Notifier { get; }

    internal RemoteInvalidationNode Node { get; }

    internal CopyCache Cache { get; }

    internal static void Require(bool condition, string promise)
    {
        if (!condition)
        {
            throw new SceneException(promise);
        }
    }

    /// <summary>An owner begins; one that was there before is not heard of again.</summary>
    internal void StartOwner(TimeSpan? grace, IInvalidationSubscriber? first = null, Action<InvalidationNotifier>? before = null)
    {
        Transport.Silence("domain/owner");
        OwnerNotifier = new InvalidationNotifier("owner");
        if (first is not null)
        {
            OwnerNotifier.Subscribe(KeySpace.All, first, "told before the owner");
        }

        before?.Invoke(OwnerNotifier);
        Owner = new RemoteInvalidationOwner(
            OwnerNotifier,
            KeySpace.All,
            Transport,
            "domain",
            new RemoteOwnerOptions { Lease = Lease, ClockDriftBound = Drift, Grace = grace, TimeProvider = OwnerClock },
            isStepped: true);
    }

    internal void Advance(double leases) => Clock.Advance(Lease * leases);

    internal void PumpOwner() => Owner.Pump();

    internal void PumpNode() => Node.Pump();

    /// <summary>Brings what is held of one kind, oldest first.</summary>
    internal int Bring(RemoteMessageKind kind)
    {
        HeldMessage[] messages = [.. Transport.Held.Where(message => message.Kind == kind)];
        foreach (HeldMessage message in messages)
        {
            Transport.Bring(message);
        }

        return messages.Length;
    }

    internal HeldMessage Take(RemoteMessageKind kind)
    {
        HeldMessage? message = Transport.Held.Find(held => held.Kind == kind);
        Require(message is not null, $"a {kind} is on its way");
        Transport.Held.Remove(message!);
        return message!;
    }

    internal void LoseAll() => Transport.Held.Clear();

    /// <summary>Everybody works and everything arrives, until nothing is on its way.</summary>
    internal void Settle()
    {
        for (int round = 0; round < 20; round++)
        {
            PumpNode();
            PumpOwner();
            foreach (HeldMessage message in Transport.Held.ToArray())
            {
                Transport.Bring(message);
            }

            if (Transport.Held.Count == 0 && round > 1)
            {
                break;
            }
        }

        PumpNode();
    }

    /// <summary>The node has a lease and a copy of the value as it is.</summary>
    internal void JoinAndFill()
    {
        Settle();
        Require(Node.IsLeased, "a node that is heard gets a lease");
        Fill();
    }

    internal void Fill()
    {
        Require(TryBeginRead(out InvalidationSequence sequence, out long value), "an open range can be read");
        Require(Cache.TryPublish(0, sequence, value), "what nobody touched is published");
    }

    internal bool TryBeginRead(out InvalidationSequence sequence, out long value)
    {
        value = _origin;
        return Cache.Subscription.TryBeginRead(Range, out sequence);
    }

    internal InvalidationSession Schedule()
    {
        Require(
            OwnerNotifier.TrySchedule(Range, InvalidationReason.Discard, out InvalidationSession session), "a schedule with room is not refused");
        return session;
    }

    /// <summary>The owner writes the value and commits, if the session lets it.</summary>
    internal bool TryWriteAndCommit(InvalidationSession session)
    {
        if (!TryWrite(session))
        {
            return false;
        }

        session.Commit();
        _committed = _origin;
        return true;
    }

    internal bool TryWrite(InvalidationSession session)
    {
        if (session.TryWait() != InvalidationOutcome.Completed)
        {
            return false;
        }

        _origin++;
        return true;
    }

    /// <summary>A reader on the node; it begins now.</summary>
    /// <returns>Whether it was served from the copy.</returns>
    internal bool Read()
    {
        long before = _committed;
        if (!Node.TryEnter(Range, out LeasedScope scope))
        {
            return false;
        }

        using (scope)
        {
            bool isCopied = Cache.TryGet(0, out long value);
            Require(!isCopied || value >= before, "no read that begins after the commit is served from a copy taken before");
            return isCopied;
        }
    }
}
