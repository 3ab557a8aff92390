// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests.Invalidation;

/// <summary>Publishing a mapping comes wholly before a schedule, whose callback then finds it, or not at all.</summary>
public class PublishTests : NotifierTest
{
    private readonly FakeDevice _device = new();
    private readonly InvalidationSubscription _subscription;

    public PublishTests() => _subscription = Subscribe(0, 10, _device);

    [Fact] // Scenario 36.
    public void What_was_published_before_the_schedule_is_seen_by_the_callback_and_gone_in_phase_C()
    {
        string? mapping = null;
        string? seen = null;
        _device.WhenCalled = () => (seen, mapping) = (mapping, null);
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        using (scope)
        {
            mapping = "page";
        }

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(("page", null), (seen, mapping));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void A_schedule_calls_the_subscriber_only_after_an_open_scope_is_closed()
    {
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);
        using ManualResetEventSlim opened = new();
        using ManualResetEventSlim close = new();
        bool closed = false;
        bool closedBeforeCall = false;
        _device.WhenCalled = () => closedBeforeCall = Volatile.Read(ref closed);
        TestThread publisher = TestThread.Start(() =>
        {
            Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
            opened.Set();
            Limit.On(close);
            Volatile.Write(ref closed, true);
            scope.Dispose();
            scope.Dispose();
        });
        Limit.On(opened);
        TestThread scheduler = TestThread.Start(() => Schedule(0, 10).Commit());
        scheduler.UntilBlocked();
        Assert.Equal(0, _device.Calls);

        close.Set();
        publisher.Join();
        scheduler.Join();

        Assert.Equal(1, _device.Calls);
        Assert.True(closedBeforeCall);
    }

    [Fact]
    public void A_scope_of_one_subscription_does_not_hold_up_the_callbacks_of_others()
    {
        InvalidationSubscription other = Subscribe(20, 30, new FakeDevice());
        other.TryBeginRead(Range(20, 30), out InvalidationSequence sequence);
        Assert.True(other.TryPopulate(sequence, out PopulateScope scope));
        using (scope)
        {
            TestThread.Run(() => Schedule(0, 10).Commit());
        }

        Assert.Equal(1, _device.Calls);
    }

    [Fact]
    public void Invalidating_from_inside_ones_own_scope_faults_the_session_instead_of_hanging()
    {
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        using (scope)
        {
            using LockSectionScope asked = ContractReports.AskedFor("an invalidation inside a publishing scope");
            using InvalidationSession session = Schedule(0, 10);
            Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
            Assert.Equal(0, _device.Calls);
        }

        Schedule(0, 10).Commit();
        Assert.Equal(1, _device.Calls);
    }

    [Fact]
    public void Unsubscribing_from_inside_ones_own_scope_is_an_error_and_from_elsewhere_waits_for_it()
    {
        _subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);
        Assert.True(_subscription.TryPopulate(sequence, out PopulateScope scope));
        bool disposed = false;
        TestThread disposer;
        using (scope)
        {
            Assert.Throws<InvalidOperationException>(_subscription.Dispose);
            disposer = TestThread.Start(() =>
            {
                _subscription.Dispose();
                Volatile.Write(ref disposed, true);
            });
            disposer.UntilBlocked();
            Assert.False(Volatile.Read(ref disposed));
        }

        disposer.Join();
        Assert.True(disposed);
    }

    [Fact]
    public void Sequences_of_nobody_and_of_other_subscriptions_are_refused()
    {
        InvalidationSubscription other = Subscribe(0, 10, new FakeDevice());
        other.TryBeginRead(Range(0, 10), out InvalidationSequence foreign);

        Assert.Equal("sequence", Assert.Throws<ArgumentException>(() => _subscription.MustRetry(foreign)).ParamName);
        Assert.Equal("sequence", Assert.Throws<ArgumentException>(() => _subscription.TryPopulate(foreign, out _)).ParamName);
        Assert.Equal("sequence", Assert.Throws<ArgumentException>(() => _subscription.MustRetry(default)).ParamName);
        Assert.Equal("sequence", Assert.Throws<ArgumentException>(() => _subscription.TryPopulate(default, out _)).ParamName);
        Assert.Equal(Range(0, 10), foreign.Range);
    }
}
