// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests.Invalidation;

/// <summary>Coming and going of subscribers and owners. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class LifeTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);
    private readonly InvalidationNotifier _notifier = new("memory");

    [Fact]
    public void At_shutdown_everybody_gets_one_release_over_everything() // 64
    {
        StubSubscriber[] stubs = [new(), new(), new() { Then = _ => throw new InvalidOperationException("broken") }];
        InvalidationSubscription first = _notifier.Subscribe(s_page, stubs[0], "first");
        _notifier.Subscribe(new AddressRange(0, 1), stubs[1], "second", new() { After = first });
        _notifier.Subscribe(new AddressRange(ulong.MaxValue - 1, ulong.MaxValue), stubs[2], "third");
        IReadOnlyList<QuarantinedMemory> held = _notifier.Release(TimeSpan.Zero);
        Assert.Equal("third", Assert.Single(held).Name);
        foreach (StubSubscriber stub in stubs)
        {
            Assert.Equal(InvalidationReason.Release, Assert.Single(stub.Requests).Reason);
        }

        Assert.Equal(held, _notifier.Release(TimeSpan.Zero)); // nobody has let go since
        _notifier.Dispose();
        Assert.Equal(1, stubs[0].Calls);
        Assert.Throws<ObjectDisposedException>(() => _notifier.Subscribe(s_page, stubs[0], "late"));
        Assert.Throws<ObjectDisposedException>(() => _notifier.TrySchedule(s_page, InvalidationReason.Unmap, out _)); // 32
        Assert.Throws<ObjectDisposedException>(() => first.TryBeginRead(s_page, out _));
        first.Dispose(); // subscriptions outlive the notifier
        Assert.Equal(0, _notifier.ActiveSessions);
    }

    [Fact]
    public void Memory_under_a_fence_that_does_not_signal_is_quarantined_by_name() // 49
    {
        FenceTimeline device = new("device");
        FenceTimeline lost = new("lost device");
        Fence stuck = device.Issue();
        Fence faulted = lost.Issue();
        lost.Signal(faulted, new InvalidOperationException("lost"));
        _notifier.Subscribe(s_page, new StubSubscriber { Fence = stuck }, "nic");
        _notifier.Subscribe(new AddressRange(0x3000, 0x4000), new StubSubscriber { Fence = faulted }, "gpu");
        _notifier.Subscribe(new AddressRange(0x5000, 0x6000), new StubSubscriber { Refuses = true }, "disk");
        _notifier.Subscribe(new AddressRange(0x7000, 0x8000), new StubSubscriber(), "fine");

        IReadOnlyList<QuarantinedMemory> held = _notifier.Release(TimeSpan.Zero);

        Assert.Equal(["nic", "gpu", "disk"], held.Select(memory => memory.Name));
        Assert.Equal(s_page, held[0].Range);
        Assert.Equal(stuck, held[0].Fence);
        Assert.Null(held[0].Error);
        Assert.Equal("lost", held[1].Error!.Message);
        Assert.Contains("refused", held[2].Error!.Message, StringComparison.Ordinal);
        device.Signal(stuck);
        Assert.True(held[0].Fence.IsSignaled); // now it may be freed after all
    }

    [Fact]
    public void A_shutdown_waits_as_long_as_it_may()
    {
        FenceTimeline device = new("device");
        StubSubscriber stub = new() { Fence = device.Issue() };
        _notifier.Subscribe(s_page, stub, "nic");
        IReadOnlyList<QuarantinedMemory>? held = null;
        TestThread owner = TestThread.Start(() => held = _notifier.Release(Limit.Time));
        owner.UntilBlocked();
        device.Signal(stub.Fence);
        owner.Join();
        Assert.Empty(held!);
    }

    [Fact]
    public void A_canceled_shutdown_still_says_who_holds_what() // 51
    {
        _notifier.Subscribe(s_page, new StubSubscriber { Fence = new FenceTimeline("device").Issue() }, "nic");
        Assert.Single(_notifier.Release(Timeout.InfiniteTimeSpan, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_shutdown_waits_for_readers_and_lets_no_new_ones_in()
    {
        ReaderGate gate = new(_notifier, s_page, "readers");
        ReaderScope scope = gate.Enter();
        Assert.Equal("readers", Assert.Single(_notifier.Release(TimeSpan.Zero)).Name);
        scope.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { gate.Enter().Dispose(); });
        gate.Dispose();
    }

    [Fact]
    public void Who_waits_to_read_is_told_that_the_owner_is_gone() // 32, 39
    {
        FenceTimeline device = new("device");
        StubSubscriber stub = new();
        InvalidationSubscription subscription = _notifier.Subscribe(s_page, stub, "nic");
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        TestThread reader = TestThread.Start(() => Assert.Throws<ObjectDisposedException>(
            () => subscription.BeginRead(s_page, Timeout.InfiniteTimeSpan, out _)));
        reader.UntilBlocked();
        _notifier.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait()); // an open session can still be ended
        session.Commit();
        reader.Join();
    }

    [Fact]
    public void A_notifier_cannot_be_shut_down_from_its_own_callback() // 29
    {
        Exception? thrown = null;
        StubSubscriber stub = new()
        {
            Then = _ =>
            {
                using LockSectionScope asked = ContractReports.AskedFor("a subscriber shuts its owner down");
                thrown ??= Record.Exception(_notifier.Dispose);
            },
        };
        _notifier.Subscribe(s_page, stub, "nic");
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        session.Commit();
        Assert.IsType<InvalidOperationException>(thrown);
    }

    [Fact]
    public async Task An_async_unsubscribe_may_start_in_a_callback_and_ends_after_it() // 71, 69
    {
        Task? unsubscribing = null;
        StubSubscriber stub = new();
        InvalidationSubscription subscription = _notifier.Subscribe(s_page, stub, "nic");
        stub.Then = _ =>
        {
            using LockSectionScope asked = ContractReports.AskedFor("a subscriber allocates");
            unsubscribing = subscription.DisposeAsync().AsTask();
            Assert.False(unsubscribing.IsCompleted);
        };
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
        await Limit.OnAsync(unsubscribing!);
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out session));
        session.Commit();
        Assert.Equal(1, stub.Calls);
        await subscription.DisposeAsync(); // 72
        subscription.Dispose();
    }

    [Fact]
    public async Task An_async_unsubscribe_ends_only_when_a_callback_on_another_thread_has_returned() // 68
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim go = new();
        StubSubscriber stub = new()
        {
            Then = _ =>
            {
                using LockSectionScope asked = ContractReports.AskedFor("a subscriber waits, and allocates for it");
                inside.Set();
                Limit.On(go);
            },
        };
        InvalidationSubscription subscription = _notifier.Subscribe(s_page, stub, "nic");
        TestThread owner = TestThread.Start(() =>
        {
            Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
            session.Commit();
        });
        Limit.On(inside);
        Task unsubscribing = subscription.DisposeAsync().AsTask();
        Assert.False(unsubscribing.IsCompleted);
        go.Set();
        await Limit.OnAsync(unsubscribing);
        owner.Join();
    }

    [Fact]
    public void A_thousand_come_and_go_during_sessions_without_end() // 74, 65, 67
    {
        bool stop = false;
        long called = 0;
        void Own()
        {
            while (!Volatile.Read(ref stop))
            {
                if (_notifier.TrySchedule(new AddressRange(0, 100), InvalidationReason.Unmap, out InvalidationSession session))
                {
                    session.BackOff();
                }
            }
        }

        void ComeAndGo(int seed)
        {
            Random random = new(seed);
            for (int round = 0; round < 500; round++)
            {
                bool gone = false;
                StubSubscriber stub = new() { Remembers = false };
                stub.Then = _ =>
                {
                    Assert.False(Volatile.Read(ref gone), "A callback ran after its subscription was disposed.");
                    Interlocked.Increment(ref called);
                };
                ulong start = (ulong)random.Next(90);
                InvalidationSubscription subscription = _notifier.Subscribe(AddressRange.FromLength(start, 10), stub, "guest");
                if (random.Next(4) == 0)
                {
                    Limit.Until(() => stub.Calls > 0, "A call of the guest");
                }

                if (random.Next(2) == 0)
                {
                    subscription.Dispose();
                }
                else
                {
                    Limit.On(subscription.DisposeAsync().AsTask());
                }

                Volatile.Write(ref gone, true);
            }
        }

        TestThread owner = TestThread.Start(Own);
        TestThread second = TestThread.Start(Own);
        TestThread.RunTogether(() => ComeAndGo(1), () => ComeAndGo(2));
        Volatile.Write(ref stop, true);
        owner.Join();
        second.Join();
        InvalidationStatistics rest = _notifier.GetStatistics();
        Assert.Equal(0, rest.Subscriptions);
        Assert.Equal(0, rest.Active);
        Assert.Equal(0, rest.SubscriberFaults); // the assertion in the callback held
        Assert.True(called > 0);
    }

    [Fact]
    public void Eight_threads_that_ask_at_once_get_the_same_object() // 73
    {
        int made = 0;
        SharedSubscriber<Context>[] users = new SharedSubscriber<Context>[8];
        TestThread.RunTogether([.. Enumerable.Range(0, 8).Select(index => (Action)(() => users[index] = _notifier.GetOrCreate(notifier =>
        {
            made++;
            return new Context(notifier);
        })))]);
        Assert.Equal(1, made);
        Context context = users[0].Value;
        Assert.All(users, user => Assert.Same(context, user.Value));
        Assert.Equal(1, _notifier.GetStatistics().Subscriptions);
        TestThread.RunTogether([.. users[1..].Select(user => (Action)user.Dispose)]);
        users[1].Dispose(); // a second dispose does nothing
        Assert.False(context.IsDisposed);
        users[0].Dispose();
        Assert.True(context.IsDisposed);
        Assert.Equal(0, _notifier.GetStatistics().Subscriptions);
        using SharedSubscriber<Context> next = _notifier.GetOrCreate(notifier => new Context(notifier));
        Assert.NotSame(context, next.Value);
    }

    [Fact]
    public void The_last_user_may_let_go_in_the_release_callback() // 73
    {
        SharedSubscriber<Context> user = _notifier.GetOrCreate(notifier => new Context(notifier));
        user.Value.Then = ContractReports.AskedFor("a subscriber allocates", user.Dispose);
        Assert.Empty(_notifier.Release(TimeSpan.Zero));
        Limit.Until(() => user.Value.IsDisposed, "Disposing on the thread pool");
    }

    private sealed class Context : IInvalidationSubscriber, IDisposable
    {
        private readonly InvalidationSubscription _subscription;
        private bool _disposed;

        internal Context(InvalidationNotifier notifier) => _subscription = notifier.Subscribe(s_page, this, "context");

        internal Action? Then { get; set; }

        internal bool IsDisposed => Volatile.Read(ref _disposed);

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Then?.Invoke();
            fence = default;
            return true;
        }

        public void Dispose()
        {
            _subscription.Dispose();
            Volatile.Write(ref _disposed, true);
        }
    }
}
