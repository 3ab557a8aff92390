// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Readers that await inside a gate. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class ReaderLeaseTests : GateTest
{
    [Fact]
    public void An_async_lease_crosses_threads_and_is_waited_for() // 85
    {
        ReaderLease lease = Limit.On(_gate.EnterAsync(s_left, TimeSpan.Zero).AsTask());
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
        ReaderLease old = Limit.On(_gate.EnterAsync(s_left, TimeSpan.Zero).AsTask());
        old.Dispose();
        ReaderLease next = Limit.On(_gate.EnterAsync(s_left, TimeSpan.Zero).AsTask());
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
        Assert.False((await _gate.TryEnterAsync(s_left, TimeSpan.Zero)).TryGetLease(out _));
        Task<ReaderLease> entering = _gate.EnterAsync(s_left, Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(entering.IsCompleted);
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
        ReaderLease lease = await Limit.OnAsync(entering);
        lease.Dispose();
        Assert.Equal(1, SlotCount(_gate)); // one slot served all attempts
    }

    [Fact]
    public async Task A_body_never_runs_outside_the_gate_because_time_ran_out()
    {
        InvalidationSession session = default;
        TestThread.Run(() => session = Schedule(s_left));
        foreach (TimeSpan budget in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromTicks(1)])
        {
            bool ran = false;
            TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(async () =>
            {
                using ReaderLease lease = await _gate.EnterAsync(s_left, budget);
                ran = true;
            });
            Assert.False(ran);
            Assert.Contains("'readers'", error.Message, StringComparison.Ordinal);
            Assert.Contains(s_left.ToString(), error.Message, StringComparison.Ordinal);
        }

        session.Dispose();
        using ReaderLease inside = await _gate.EnterAsync(s_left); // without a limit
    }

    [Fact]
    public async Task An_attempt_tells_whether_the_reader_is_inside()
    {
        ReaderLeaseAttempt attempt = await _gate.TryEnterAsync(s_left, TimeSpan.Zero);
        Assert.True(attempt.TryGetLease(out ReaderLease lease));
        using (InvalidationSession session = Schedule(s_left))
        {
            Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
            lease.Dispose();
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
            Assert.False((await _gate.TryEnterAsync(s_left, TimeSpan.Zero)).TryGetLease(out _));
        }

        Assert.False(default(ReaderLeaseAttempt).TryGetLease(out _));
        Assert.False(typeof(IDisposable).IsAssignableFrom(typeof(ReaderLeaseAttempt))); // no using without a look
    }

    [Fact]
    public async Task A_canceled_wait_throws_in_either_form_and_leaves_nothing_behind()
    {
        InvalidationSession session = default;
        TestThread.Run(() => session = Schedule(s_left));
        using CancellationTokenSource source = new();
        Task<ReaderLease> entering = _gate.EnterAsync(s_left, source.Token).AsTask();
        Task<ReaderLeaseAttempt> trying = _gate.TryEnterAsync(s_left, Limit.Time, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(entering));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(trying));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
        Assert.Equal(0, _gate.CopyHoldouts(default));
    }
}
