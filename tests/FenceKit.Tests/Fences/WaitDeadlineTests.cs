// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

public class WaitDeadlineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1_000)]
    [InlineData(10_000_000)]
    [InlineData(1_000_000_000)]
    public void No_wait_is_over_before_its_time_whatever_the_steps_of_the_clock(long frequency)
    {
        foreach (long ticks in new[] { 1L, 2, 9_999, 10_000, 333_333, 10_000_001, 600_000_000 })
        {
            SteppingClock clock = new(frequency);
            TimeSpan timeout = new(ticks);
            long deadline = WaitDeadline.After(clock, timeout);
            clock.Now = deadline - 1; // before it, as this clock sees it
            Assert.True(WaitDeadline.Left(clock, deadline) > TimeSpan.Zero);
            clock.Now = deadline;
            Assert.Equal(TimeSpan.Zero, WaitDeadline.Left(clock, deadline));
            Assert.True((Int128)deadline * TimeSpan.TicksPerSecond >= (Int128)ticks * frequency, "rounded up");
        }
    }

    [Fact]
    public void Waits_without_a_limit_and_waits_that_only_look_ask_no_clock()
    {
        SteppingClock clock = new(1_000);
        Assert.Equal(Timeout.InfiniteTimeSpan, WaitDeadline.Left(clock, WaitDeadline.After(clock, Timeout.InfiniteTimeSpan)));
        Assert.Equal(TimeSpan.Zero, WaitDeadline.Left(clock, WaitDeadline.After(clock, TimeSpan.Zero)));
        Assert.Equal(0, clock.Looks);
    }

    [Fact]
    public void A_clock_near_its_end_gives_a_deadline_and_not_an_overflow()
    {
        SteppingClock clock = new(1_000_000_000) { Now = long.MaxValue - 5 };
        long deadline = WaitDeadline.After(clock, TimeSpan.FromDays(40));
        Assert.NotEqual(WaitDeadline.Never, deadline);
        Assert.True(WaitDeadline.Left(clock, deadline) > TimeSpan.Zero);
    }

    private sealed class SteppingClock(long frequency) : TimeProvider
    {
        public long Now { get; set; }

        public int Looks { get; private set; }

        public override long TimestampFrequency => frequency;

        public override long GetTimestamp()
        {
            Looks++;
            return Now;
        }
    }
}
