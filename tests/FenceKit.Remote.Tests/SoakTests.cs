// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests;

/// <summary>Real threads and real time over a transport that loses, repeats and reorders: what the stepped simulation cannot show.</summary>
public class SoakTests
{
    private const int Keys = 4;
    private const int Nodes = 3;
    private const int Invalidations = 100;

    private static readonly AddressRange[] s_ranges = [.. Enumerable.Range(0, Keys).Select(key => KeySpace.RangeOf("soak", $"{key}"))];

    private readonly long[] _origin = new long[Keys];
    private readonly long[] _committed = new long[Keys];
    private long _stale;
    private long _reads;

    [Fact]
    public async Task Threads_that_read_fill_and_invalidate_see_nothing_stale()
    {
        using InMemoryTransport transport = new(new InMemoryTransportOptions
        {
            Seed = 5, LossRate = 0.05, RepeatRate = 0.05, MaximumDelay = TimeSpan.FromMilliseconds(5),
        });
        using InvalidationNotifier notifier = new("owner");
        await using RemoteInvalidationOwner owner = new(
            notifier, KeySpace.All, transport.Connect("owner"), "soak", new RemoteOwnerOptions { Grace = TimeSpan.Zero, Lease = TimeSpan.FromMilliseconds(400) });
        using CancellationTokenSource stop = new();
        InMemoryConnection[] connections = [.. Enumerable.Range(0, Nodes).Select(number => transport.Connect($"node {number}"))];
        Task[] nodes = [.. connections.Select(connection => Task.Factory.StartNew(() => Serve(connection, stop.Token), TaskCreationOptions.LongRunning))];
        while (owner.CopyNodes([]) < Nodes)
        {
            await Task.Yield();
        }

        Random random = new(7);
        int completed = 0;
        for (int round = 0; round < Invalidations; round++)
        {
            if (round % 10 == 0)
            {
                foreach (InMemoryConnection connection in connections)
                {
                    connection.IsSendingCut = connection.IsReceivingCut = false;
                }

                InMemoryConnection cut = connections[random.Next(Nodes)]; // the others serve
                cut.IsSendingCut = random.Next(2) == 0;
                cut.IsReceivingCut = !cut.IsSendingCut || random.Next(2) == 0;
            }

            long reads = Volatile.Read(ref _reads);
            while (Volatile.Read(ref _reads) < reads + 5)
            {
                await Task.Yield(); // until somebody has copies
            }

            int key = random.Next(Keys);
            if (!notifier.TrySchedule(RangeOf(key), InvalidationReason.Discard, out InvalidationSession session))
            {
                await Task.Yield();
                continue;
            }

            using (session)
            {
                Assert.Equal(InvalidationOutcome.Completed, await session.WaitAsync(TimeSpan.FromSeconds(60)));
                long written = Interlocked.Increment(ref _origin[key]);
                session.Commit();
                Volatile.Write(ref _committed[key], written); // pairs with the read in Read: whoever begins later is not served less
                completed++;
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(nodes);
        RemoteOwnerStatistics statistics = owner.GetStatistics();
        Assert.Equal(0, Volatile.Read(ref _stale));
        Assert.True(completed >= Invalidations / 2, $"{completed} completed");
        Assert.True(Volatile.Read(ref _reads) >= 1000, $"{_reads} reads");
        Assert.True(statistics.Acknowledged >= Invalidations / 4 && statistics.Expired + statistics.Replaced > 0, statistics.ToString());
    }

    private static AddressRange RangeOf(int key) => s_ranges[key];

    /// <summary>A process: one thread that reads and fills; what is invalidated comes on others.</summary>
    private void Serve(InMemoryConnection connection, CancellationToken stop)
    {
        using InvalidationNotifier notifier = new(connection.Name);
        SharedCopies copies = new();
        using InvalidationSubscription subscription = notifier.Subscribe(KeySpace.All, copies, "copies");
        RemoteInvalidationNode node = new(notifier, KeySpace.All, connection, "soak");
        for (int turn = 0; !stop.IsCancellationRequested; turn++)
        {
            int key = turn % Keys;
            Read(node, copies, key);
            if (Volatile.Read(ref copies[key]) == SharedCopies.None && subscription.TryBeginRead(RangeOf(key), out InvalidationSequence sequence))
            {
                long value = Volatile.Read(ref _origin[key]);
                if (subscription.TryPopulate(sequence, out PopulateScope scope))
                {
                    using (scope)
                    {
                        Volatile.Write(ref copies[key], value);
                    }
                }
            }
        }

        node.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Read(RemoteInvalidationNode node, SharedCopies copies, int key)
    {
        long before = Volatile.Read(ref _committed[key]);
        if (!node.TryEnter(RangeOf(key), out LeasedScope scope))
        {
            return;
        }

        using (scope)
        {
            long value = Volatile.Read(ref copies[key]);
            if (value != SharedCopies.None)
            {
                Interlocked.Increment(ref _reads);
                if (value < before)
                {
                    Interlocked.Increment(ref _stale);
                }
            }
        }
    }

    private sealed class SharedCopies : IInvalidationSubscriber
    {
        internal const long None = -1;

        private readonly long[] _values = [.. Enumerable.Repeat(None, Keys)]; // a schedule must not allocate

        internal ref long this[int key] => ref _values[key];

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            for (int key = 0; key < Keys; key++)
            {
                if (request.Range.Overlaps(RangeOf(key)))
                {
                    Volatile.Write(ref _values[key], None); // pairs with the reads in Serve and Read
                }
            }

            return true;
        }
    }
}
