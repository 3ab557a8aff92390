// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests.Invalidation;

/// <summary>Who is told, and in which order. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class FilterAndOrderTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);
    private readonly InvalidationNotifier _notifier = new("memory");

    [Fact]
    public void A_subscriber_hears_only_of_the_reasons_that_it_asked_for() // 87
    {
        StubSubscriber stub = Subscribe(new() { Reasons = InvalidationReason.Unmap | InvalidationReason.Release });
        stub.Fence = new FenceTimeline("device").Issue();
        using (InvalidationSession session = Schedule(InvalidationReason.Protect))
        {
            Assert.Equal(0, stub.Calls);
            Assert.Equal(0, session.CopyPending(default));
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        }

        Schedule(InvalidationReason.Unmap).BackOff();
        Schedule(InvalidationReason.Release).BackOff();
        Assert.Equal(2, stub.Calls);
    }

    [Theory]
    [InlineData(InvalidationReason.Migrate, false)]
    [InlineData(InvalidationReason.Exclusive, false)]
    [InlineData(InvalidationReason.Unmap, true)]
    [InlineData(InvalidationReason.Discard, true)]
    [InlineData(InvalidationReason.Protect, true)]
    [InlineData(InvalidationReason.Release, true)]
    public void Who_moves_a_range_for_himself_is_not_told_of_it(InvalidationReason reason, bool told) // 86, 16, 11
    {
        object gpu = new();
        StubSubscriber own = Subscribe(new() { Owner = gpu });
        StubSubscriber other = Subscribe(new() { Owner = new object() });
        Assert.True(_notifier.TrySchedule(s_page, reason, gpu, out InvalidationSession session, out _));
        session.Commit();
        Assert.Equal(told ? 1 : 0, own.Calls);
        Assert.Equal(1, other.Calls);
        Schedule(reason).Commit(); // by nobody in particular
        Assert.Equal(told ? 2 : 1, own.Calls);
    }

    [Fact]
    public void A_subscriber_that_comes_after_another_is_called_after_it_and_gets_its_fence() // 93
    {
        List<string> calls = [];
        void Note(string name)
        {
            using LockSectionScope asked = ContractReports.AskedFor("a subscriber allocates");
            calls.Add(name);
        }

        Fence fence = new FenceTimeline("L1").Issue();
        Fence seen = default;
        StubSubscriber first = new() { Fence = fence, Then = _ => Note("L1") };
        StubSubscriber second = new() { Then = request => { Note("L2"); seen = request.Predecessor; } };
        StubSubscriber third = new() { Then = _ => Note("L3") };
        InvalidationSubscription l1 = _notifier.Subscribe(new AddressRange(0x1800, 0x2000), first, "L1");
        InvalidationSubscription l2 = _notifier.Subscribe(new AddressRange(0x1000, 0x2000), second, "L2", new() { After = l1 });
        _notifier.Subscribe(new AddressRange(0x0000, 0x2000), third, "L3", new() { After = l2 });
        StubSubscriber other = new() { Then = _ => Note("other") };
        _notifier.Subscribe(new AddressRange(0x1F00, 0x2000), other, "other");

        Schedule(InvalidationReason.Unmap).BackOff();

        Assert.Equal(["L1", "other", "L2", "L3"], calls); // by start it would be L3, L2, L1, other
        Assert.Equal(fence, seen);
    }

    [Fact]
    public void An_order_does_not_drag_in_those_that_are_not_concerned() // 20
    {
        StubSubscriber first = new();
        StubSubscriber second = new();
        InvalidationSubscription l1 = _notifier.Subscribe(new AddressRange(0x9000, 0xA000), first, "L1");
        _notifier.Subscribe(s_page, second, "L2", new() { After = l1 });
        Schedule(InvalidationReason.Unmap).Commit();
        Assert.Equal(0, first.Calls);
        Assert.Equal(1, second.Calls);
        Assert.Equal(default, second.Requests[0].Predecessor);
    }

    [Fact]
    public void A_late_one_that_refuses_undoes_the_session_too() // 58
    {
        InvalidationSubscription l1 = _notifier.Subscribe(s_page, new StubSubscriber(), "L1");
        InvalidationSubscription l2 = _notifier.Subscribe(s_page, new StubSubscriber { Refuses = true }, "L2", new() { After = l1 });
        using ReaderGate gate = new(_notifier, s_page, "readers");
        Assert.False(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out _, out InvalidationSubscription? refusedBy));
        Assert.Same(l2, refusedBy);
        Assert.Equal(0, _notifier.ActiveSessions);
        Assert.True(gate.TryEnter(s_page, out ReaderScope scope));
        scope.Dispose();
        l2.Dispose();
        Schedule(InvalidationReason.Unmap).Commit(); // nothing is left of the refused one
    }

    [Fact]
    public void Wrong_declarations_are_refused()
    {
        InvalidationSubscription foreign = new InvalidationNotifier("other").Subscribe(s_page, new StubSubscriber(), "foreign");
        Assert.Throws<ArgumentException>(() => _notifier.Subscribe(s_page, new StubSubscriber(), "x", new() { After = foreign }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Subscribe(new() { Reasons = InvalidationReason.None }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Subscribe(new() { Reasons = (InvalidationReason)64 }));
        Assert.Throws<ArgumentNullException>(() => _notifier.Subscribe(s_page, new StubSubscriber(), "x", null!));
        Assert.Throws<ArgumentNullException>(() => _notifier.TrySchedule(s_page, InvalidationReason.Migrate, null!, out _, out _));
    }

    private StubSubscriber Subscribe(InvalidationSubscriptionOptions options)
    {
        StubSubscriber stub = new();
        _notifier.Subscribe(s_page, stub, "stub", options);
        return stub;
    }

    private InvalidationSession Schedule(InvalidationReason reason)
    {
        Assert.True(_notifier.TrySchedule(s_page, reason, out InvalidationSession session));
        return session;
    }
}
