// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Remote;

namespace FenceKit.Samples.Cluster;

/// <summary>What a node does: it serves reads from its copies, and fills what is missing. It counts what it served too late.</summary>
internal sealed class Node : IInvalidationSubscriber
{
    internal const string Domain = "values";
    internal const string PlainChannel = "plain";

    private static readonly AddressRange[] s_ranges = [.. Enumerable.Range(0, Board.Keys).Select(key => KeySpace.RangeOf("values", $"{key}"))];

    private const long None = -1;

    private readonly long[] _copies = [.. Enumerable.Repeat(None, Board.Keys)]; // a schedule must not allocate, and a dictionary that is fought over does
    private readonly ConcurrentDictionary<int, long> _plain = new();
    private readonly Board _board;
    private readonly int _number;

    internal Node(Board board, int number)
    {
        _board = board;
        _number = number;
    }

    internal static AddressRange RangeOf(int key) => s_ranges[key];

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        for (int key = 0; key < Board.Keys; key++)
        {
            if (request.Range.Overlaps(RangeOf(key)))
            {
                Volatile.Write(ref _copies[key], None); // pairs with the reads in Read and Fill
            }
        }

        return true;
    }

    internal async Task RunAsync(IInvalidationTransport engine, CancellationToken stop)
    {
        CutTransport transport = new(engine, _board, _number);
        using InvalidationNotifier notifier = new($"node {_number}");
        using InvalidationSubscription copies = notifier.Subscribe(KeySpace.All, this, "copies");
        using ReaderGate careless = new(notifier, KeySpace.All, "readers who do not look at the lease");
        await using RemoteInvalidationNode node = new(notifier, KeySpace.All, transport, Domain, new RemoteNodeOptions { Name = $"node {_number}" });
        await ListenToPlainAsync(transport, stop);
        while (!stop.IsCancellationRequested)
        {
            for (int turn = 0; turn < 200; turn++)
            {
                int key = turn % Board.Keys;
                Read(node, careless, s_ranges[key], key);
                Fill(copies, s_ranges[key], key);
                ReadPlain(key);
            }

            _board.Of(_number, NodeCount.IsLeased) = node.IsLeased ? 1 : 0;
            _board.Of(_number, NodeCount.Incarnation) = (long)node.GetStatistics().Incarnation;
            await Task.Delay(1, CancellationToken.None); // other processes want the processor too
        }
    }

    private async Task ListenToPlainAsync(CutTransport transport, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await transport.SubscribeAsync(PlainChannel, message => _plain.TryRemove(message[0], out _), stop);
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                await Task.Delay(100, CancellationToken.None); // the server is away
            }
        }
    }

    private void Read(RemoteInvalidationNode node, ReaderGate careless, AddressRange range, int key)
    {
        long before = Volatile.Read(ref _board.Committed(key)); // the read begins here
        if (node.TryEnter(range, out LeasedScope scope))
        {
            using (scope)
            {
                long value = Volatile.Read(ref _copies[key]);
                if (value != None)
                {
                    _board.Of(_number, NodeCount.Reads)++;
                    _board.Of(_number, NodeCount.Stale) += value < before ? 1 : 0;
                }
            }
        }

        before = Volatile.Read(ref _board.Committed(key));
        if (careless.TryEnter(range, out ReaderScope entered))
        {
            using (entered)
            {
                long value = Volatile.Read(ref _copies[key]);
                _board.Of(_number, NodeCount.StaleUnchecked) += value != None && value < before ? 1 : 0;
            }
        }
    }

    private void Fill(InvalidationSubscription copies, AddressRange range, int key)
    {
        if (Volatile.Read(ref _copies[key]) == None && copies.TryBeginRead(range, out InvalidationSequence sequence))
        {
            long value = Volatile.Read(ref _board.Origin(key));
            if (copies.TryPopulate(sequence, out PopulateScope publishing))
            {
                using (publishing)
                {
                    Volatile.Write(ref _copies[key], value);
                }
            }
        }
    }

    private void ReadPlain(int key)
    {
        long before = Volatile.Read(ref _board.PlainOrigin(key));
        if (_plain.TryGetValue(key, out long value))
        {
            _board.Of(_number, NodeCount.StalePlain) += value < before ? 1 : 0;
        }
        else
        {
            _plain[key] = Volatile.Read(ref _board.PlainOrigin(key));
        }
    }
}
