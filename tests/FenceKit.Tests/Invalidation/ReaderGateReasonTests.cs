// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Gates that do not mind every reason. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class ReaderGateReasonTests : GateTest
{
    private const InvalidationReason AllButProtect = InvalidationReason.All & ~InvalidationReason.Protect;

    [Fact]
    public void When_only_writing_is_taken_away_those_who_read_go_on_and_those_who_write_are_refused() // 88
    {
        using ReaderGate readers = new(_notifier, s_left, "those who read", reasons: AllButProtect);
        ReaderGate writers = _gate;
        ReaderScope reading = readers.Enter();
        ReaderScope writing = writers.Enter();

        using InvalidationSession session = Schedule(s_left, InvalidationReason.Protect);

        PendingInvalidation[] pending = new PendingInvalidation[2];
        Assert.Equal(1, session.CopyPending(pending)); // the reader is not waited for
        Assert.Equal("readers", pending[0].Name);
        writing.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.False(writers.TryEnter(s_left, out _));
        TestThread.Run(() =>
        {
            Assert.True(readers.TryEnter(s_left, out ReaderScope another));
            another.Dispose();
        });
        reading.Dispose();
    }

    [Fact]
    public void When_the_memory_goes_away_they_are_waited_for_and_held_up_like_everybody() // 88
    {
        using ReaderGate readers = new(_notifier, s_left, "those who read", reasons: AllButProtect);
        ReaderScope reading = readers.Enter();
        using InvalidationSession session = Schedule(s_left);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        TestThread.Run(() => Assert.False(readers.TryEnter(s_left, out _)));
        reading.Dispose();
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
    }

    [Theory]
    [InlineData(InvalidationReason.Unmap)]
    [InlineData(InvalidationReason.Discard)]
    [InlineData(InvalidationReason.Release)]
    public void A_gate_cannot_leave_out_what_takes_the_memory_away(InvalidationReason reason)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            () => new ReaderGate(_notifier, s_left, "careless", reasons: InvalidationReason.All & ~reason));
        Assert.Equal("reasons", error.ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReaderGate(_notifier, s_left, "wrong", reasons: (InvalidationReason)int.MaxValue));
        Assert.Equal(1, _notifier.GetStatistics().Subscriptions);
    }
}
