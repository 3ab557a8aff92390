// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

/// <summary>Real time and real threads, over a transport in this process.</summary>
public class NodeTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly AddressRange s_range = KeySpace.RangeOf("orders", "42");

    [Theory]
    [InlineData(LeaseClock.Coarse)]
    [InlineData(LeaseClock.Monotonic)]
    [InlineData(LeaseClock.IncludingSuspend)]
    public async Task Three_nodes_acknowledge_and_an_owner_commits(LeaseClock clock)
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("owner");
        await using RemoteInvalidationOwner owner = new(
            notifier, KeySpace.All, transport.Connect("owner"), "live", new RemoteOwnerOptions { Grace = TimeSpan.Zero });
        List<RemoteInvalidationNode> nodes = [];
        for (int number = 0; number < 3; number++)
        {
            RemoteNodeOptions options = new() { Name = $"node {number}", Clock = clock };
            nodes.Add(new RemoteInvalidationNode(new InvalidationNotifier($"node {number}"), KeySpace.All, transport.Connect("node"), "live", options));
        }

        foreach (RemoteInvalidationNode node in nodes)
        {
            Assert.True(await node.WaitForLeaseAsync(s_limit));
            Assert.True(node.TryEnter(s_range, out LeasedScope scope));
            Assert.True(scope.Leave());
        }

        for (int round = 0; round < 20; round++)
        {
            Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session));
            using (session)
            {
                Assert.Equal(InvalidationOutcome.Completed, await session.WaitAsync(s_limit));
                foreach (RemoteInvalidationNode node in nodes)
                {
                    Assert.False(node.TryEnter(s_range, out _), "closed until the end");
                    Assert.True(node.TryEnter(KeySpace.RangeOf("other"), out LeasedScope other), "other ranges are open");
                    other.Dispose();
                }

                session.Commit();
            }
        }

        Assert.Equal(60, owner.GetStatistics().Acknowledged);
        foreach (RemoteInvalidationNode node in nodes)
        {
            await node.DisposeAsync();
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_an_owner_there_is_no_lease()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("node");
        await using RemoteInvalidationNode node = new(notifier, KeySpace.All, transport.Connect("node"), "live");
        Assert.False(await node.WaitForLeaseAsync(TimeSpan.Zero));
        Assert.False(node.TryEnter(s_range, out _));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await node.WaitForLeaseAsync(s_limit, new CancellationToken(canceled: true)));
        Assert.Contains("no lease", node.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Nobody sleeps here: the engine refuses some times, and is there at last.</summary>
    [Fact]
    public async Task An_engine_that_is_away_at_the_start_is_asked_again()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("node"), owners = new("owner");
        await using RemoteInvalidationOwner owner = new(
            owners, KeySpace.All, new LateTransport(transport.Connect("owner"), 2), "live", new RemoteOwnerOptions { Grace = TimeSpan.Zero });
        await using RemoteInvalidationNode node = new(notifier, KeySpace.All, new LateTransport(transport.Connect("node"), 2), "live");
        Assert.True(await node.WaitForLeaseAsync(s_limit));
        Assert.True(node.GetStatistics().TransportFaults >= 2);
    }

    [Fact]
    public async Task A_notifier_that_is_gone_ends_the_lease()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier owners = new("owner");
        InvalidationNotifier notifier = new("node");
        await using RemoteInvalidationOwner owner = new(
            owners, KeySpace.All, transport.Connect("owner"), "live", new RemoteOwnerOptions { Grace = TimeSpan.Zero, Lease = TimeSpan.FromSeconds(1) });
        await using RemoteInvalidationNode node = new(notifier, KeySpace.All, transport.Connect("node"), "live");
        Assert.True(await node.WaitForLeaseAsync(s_limit));
        notifier.Dispose();
        Assert.True(owners.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, await session.WaitAsync(s_limit));
        Assert.False(node.IsLeased);
        session.Commit();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_waits_for_a_lease_hears_that_the_notifier_is_gone(bool isLeased)
    {
        Scene scene = new();
        if (isLeased)
        {
            scene.JoinAndFill();
        }

        Task<bool> waiting = scene.Node.WaitForLeaseAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.Equal(isLeased, waiting.IsCompleted);
        scene.Notifier.Dispose();
        scene.Advance(1.5);
        scene.PumpNode();
        if (!isLeased)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(s_limit));
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await scene.Node.WaitForLeaseAsync(TimeSpan.Zero));
        await scene.Node.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await scene.Node.WaitForLeaseAsync(TimeSpan.Zero));
    }

    [Fact]
    public void Reading_under_a_lease_allocates_nothing()
    {
        Scene scene = new();
        scene.JoinAndFill();
        Assert.True(Enter(scene));
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool all = true;
        for (int round = 0; round < 1000; round++)
        {
            all &= Enter(scene);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(all);

        static bool Enter(Scene scene) => scene.Node.TryEnter(Scene.Range, out LeasedScope scope) && scope.Leave();
    }

    [Fact]
    public void A_listener_that_throws_changes_nothing()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Node.LeaseLost += (_, lost) => throw new InvalidOperationException($"{lost.Reason} {lost.Incarnation}");
        scene.Advance(1.5);
        scene.Settle();
        Assert.True(scene.Node.IsLeased);
        Assert.Equal(1, scene.Node.GetStatistics().Expired);
    }

    [Fact]
    public void A_flood_is_counted_and_not_kept()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.PumpOwner();
        HeldMessage schedule = scene.Take(RemoteMessageKind.Schedule);
        for (int count = 0; count < 10_000; count++)
        {
            scene.Transport.Bring(schedule);
        }

        Assert.True(scene.Node.GetStatistics().Rejected >= 5000);
        scene.Settle();
        Assert.True(scene.TryWriteAndCommit(session));
    }

    [Theory]
    [InlineData(LeaseClock.Coarse)]
    [InlineData(LeaseClock.IncludingSuspend)]
    public void A_clock_of_the_machine_never_goes_back_and_lies_behind_by_no_more_than_it_says(LeaseClock kind)
    {
        LeaseTime time = new(TimeProvider.System, kind);
        Assert.InRange(time.Resolution, TimeSpan.Zero, TimeSpan.FromMilliseconds(16));
        long last = time.Now;
        for (int round = 0; round < 100_000; round++)
        {
            long now = time.Now;
            Assert.True(now >= last);
            last = now;
        }
    }

    private sealed class LateTransport(IInvalidationTransport inner, int refusals) : IInvalidationTransport
    {
        private int _left = refusals;

        public bool IsConnected => inner.IsConnected;

        public bool TrySend(string channel, ReadOnlySpan<byte> message) =>
            Volatile.Read(ref _left) > 0 ? throw new InvalidOperationException("away") : inner.TrySend(channel, message);

        public ValueTask<IAsyncDisposable> SubscribeAsync(
            string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default) =>
            Interlocked.Decrement(ref _left) >= 0 ? throw new InvalidOperationException("away") : inner.SubscribeAsync(channel, receive, cancellationToken);
    }
}
