// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Readers that await inside a gate. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class ReaderLeaseTests : GateTest
{
    [Fact]
    public void An_async_lease_crosses_threads_and_is_waited_for() // 85
    {
        ReaderLease lease = Limit.On(_gate.EnterAsync(s_left, TimeSpan.Zero).AsTask())!.Value;
        using InvalidationSession session = Schedule(s_left);
        ReaderHoldout[] holdouts = new ReaderHoldout[1];
        Assert.Equal(1, _gate.CopyHoldouts(holdouts));
        Assert.Equal(nameof(An_async_lease_crosses_threads_and_is_waited_for), holdouts[0].Reader);
        Assert.Equal(0, holdouts[0].ManagedThreadId);
        TestThread.Run(() => lease.Dispose());
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public void A_second_dispose_of_an_async_lease_does_not_end_the_next_one()
    {
        ReaderLease old = Limit.On(_gate.EnterAsync(s_left, TimeSpan.Zero).AsTask())!.Value;
        old.Dispose();
        ReaderLease next = Limit.On(_gate.EnterAsync(s_left, TimeSpan.Zero).AsTask())!.Value;
        old.Dispose();
        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        next.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Fact]
    public async Task An_async_reader_waits_for_the_session_without_a_thread() // 33
    {
        InvalidationSession session = default;
        TestThread.Run(() => session = Schedule(s_left)); // inside its own session nobody may wait
        Assert.Null(await _gate.EnterAsync(s_left, TimeSpan.Zero));
        Task<ReaderLease?> entering = _gate.EnterAsync(s_left, Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(entering.IsCompleted);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
        ReaderLease? lease = await Limit.OnAsync(entering);
        lease!.Value.Dispose();
        Assert.Equal(1, SlotCount(_gate)); // one slot served all attempts
    }
}
