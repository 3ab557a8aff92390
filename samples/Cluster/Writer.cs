// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Remote;

namespace FenceKit.Samples.Cluster;

/// <summary>What the owner does: one write after the other, each when nobody serves the old value any more. Its counts are on the board.</summary>
/// <param name="board">The board.</param>
/// <param name="transport">The way to the nodes.</param>
/// <param name="grace">Zero for the first owner, which follows nobody; null for a successor.</param>
internal sealed class Writer(Board board, IInvalidationTransport transport, TimeSpan? grace)
{
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private readonly PendingInvalidation[] _pending = new PendingInvalidation[16];
    private RemoteOwnerStatistics _counted;

    internal async Task RunAsync(CancellationToken stop)
    {
        using InvalidationNotifier notifier = new("values");
        await using RemoteInvalidationOwner owner = new(
            notifier, KeySpace.All, transport, Node.Domain, new RemoteOwnerOptions { Lease = Lease, Grace = grace });
        board.Of(OwnerCount.Lives)++;
        board.Of(OwnerCount.Pending) = 0;
        for (int turn = 0; !stop.IsCancellationRequested; turn++)
        {
            board.Of(OwnerCount.IsInGrace) = owner.IsInGrace ? 1 : 0;
            int key = turn % Board.Keys;
            await WriteAsync(notifier, key);
            Interlocked.Increment(ref board.PlainOrigin(key)); // the same by publishing and hoping
            transport.TrySend(Node.PlainChannel, [(byte)key]);
            Count(owner.GetStatistics());
            await Task.Delay(5, CancellationToken.None);
        }
    }

    private async Task WriteAsync(InvalidationNotifier notifier, int key)
    {
        long begun = Stopwatch.GetTimestamp();
        if (!notifier.TrySchedule(Node.RangeOf(key), InvalidationReason.Discard, out InvalidationSession session))
        {
            return; // no room just now
        }

        using (session)
        {
            board.Of(OwnerCount.SessionsThatWaited) += session.TryWait() == InvalidationOutcome.Pending ? 1 : 0;
            while (await session.WaitAsync(TimeSpan.FromMilliseconds(100)) == InvalidationOutcome.Pending)
            {
                board.Of(OwnerCount.Pending) = FindPending(session);
            }

            board.Of(OwnerCount.Pending) = 0;
            long value = Interlocked.Increment(ref board.Origin(key));
            session.Commit();
            Volatile.Write(ref board.Committed(key), value); // pairs with the read in Node: whoever begins later is not served less
        }

        board.AddTime(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
        board.Of(OwnerCount.Sessions)++;
    }

    private long FindPending(InvalidationSession session)
    {
        int count = Math.Min(session.CopyPending(_pending), _pending.Length);
        return Enumerable.Range(0, Show.Nodes).Where(node => _pending.Take(count).Any(one => one.Name == $"node {node}")).Sum(node => 1L << node);
    }

    /// <summary>Adds what has come since the last time: the counters of an owner begin with it, those of the board do not.</summary>
    private void Count(RemoteOwnerStatistics now)
    {
        board.Of(OwnerCount.Acknowledged) += now.Acknowledged - _counted.Acknowledged;
        board.Of(OwnerCount.Expired) += now.Expired - _counted.Expired;
        board.Of(OwnerCount.Replaced) += now.Replaced - _counted.Replaced;
        board.Of(OwnerCount.Repeats) += now.Repeats - _counted.Repeats;
        _counted = now;
    }
}
