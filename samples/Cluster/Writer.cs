// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Remote;

namespace FenceKit.Samples.Cluster;

/// <summary>The owner: one write after the other, each when nobody serves the old value any more.</summary>
internal sealed class Writer(Board board, IInvalidationTransport transport, TimeSpan lease) : IAsyncDisposable
{
    private readonly InvalidationNotifier _notifier = new("values");
    private readonly List<double> _milliseconds = [];
    private RemoteInvalidationOwner? _owner;

    internal RemoteOwnerStatistics Statistics { get; private set; }

    internal string Pending { get; private set; } = "";

    internal int Sessions => _milliseconds.Count;

    internal int SessionsThatWaited { get; private set; }

    internal double Longest => _milliseconds.Count == 0 ? 0 : _milliseconds.Max();

    internal double Percentile(double part)
    {
        double[] sorted = [.. _milliseconds.Order()];
        return sorted.Length == 0 ? 0 : sorted[(int)((sorted.Length - 1) * part)];
    }

    internal async Task RunAsync(CancellationToken stop)
    {
        // There was no owner before: nobody was promised anything.
        _owner = new RemoteInvalidationOwner(
            _notifier, KeySpace.All, transport, Node.Domain, new RemoteOwnerOptions { Lease = lease, Grace = TimeSpan.Zero });
        PendingInvalidation[] pending = new PendingInvalidation[8];
        for (int turn = 0; !stop.IsCancellationRequested; turn++)
        {
            await WriteAsync(turn % Board.Keys, pending);
            int plain = turn % Board.Keys;
            Interlocked.Increment(ref board.PlainOrigin(plain)); // the same by publishing and hoping
            transport.TrySend(Node.PlainChannel, [(byte)plain]);
            Statistics = _owner.GetStatistics();
            await Task.Delay(5, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_owner is { } owner)
        {
            await owner.DisposeAsync();
        }

        _notifier.Dispose();
    }

    private async Task WriteAsync(int key, PendingInvalidation[] pending)
    {
        long begun = Stopwatch.GetTimestamp();
        if (!_notifier.TrySchedule(Node.RangeOf(key), InvalidationReason.Discard, out InvalidationSession session))
        {
            return; // no room just now
        }

        using (session)
        {
            SessionsThatWaited += session.TryWait() == InvalidationOutcome.Pending ? 1 : 0;
            InvalidationOutcome outcome;
            do
            {
                outcome = await session.WaitAsync(TimeSpan.FromMilliseconds(100));
                int count = session.CopyPending(pending);
                Pending = string.Join(", ", pending.Take(count).Select(one => one.Name).Where(name => name.StartsWith("node ", StringComparison.Ordinal)));
            }
            while (outcome == InvalidationOutcome.Pending);
            long value = Interlocked.Increment(ref board.Origin(key));
            session.Commit();
            Volatile.Write(ref board.Committed(key), value);
        }

        _milliseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
    }
}
