// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Wrong arguments: a precise exception that names the argument, and nothing half done.</summary>
public sealed class InvalidationBadInputTests : NotifierTest
{
    private static readonly TimeSpan s_negative = TimeSpan.FromMilliseconds(-2);

    private readonly FakeDevice _device = new();

    [Fact]
    public void A_notifier_wants_a_name_and_options_in_range()
    {
        Throws<ArgumentNullException>("name", () => new InvalidationNotifier(null!));
        Throws<ArgumentException>("name", () => new InvalidationNotifier(""));
        Throws<ArgumentOutOfRangeException>(
            "FaultPolicy", () => new InvalidationNotifier("x", new InvalidationNotifierOptions { FaultPolicy = (InvalidationFaultPolicy)2 }));
        Throws<ArgumentOutOfRangeException>(
            "SessionCapacity", () => new InvalidationNotifier("x", new InvalidationNotifierOptions { SessionCapacity = 0 }));
        Throws<ArgumentOutOfRangeException>(
            "RememberedInvalidations", () => new InvalidationNotifier("x", new InvalidationNotifierOptions { RememberedInvalidations = 0 }));
        Throws<ArgumentOutOfRangeException>(
            "RememberedInvalidations", () => new InvalidationNotifier("x", new InvalidationNotifierOptions { RememberedInvalidations = 65_537 }));
        Throws<ArgumentNullException>(
            "TimeProvider", () => new InvalidationNotifier("x", new InvalidationNotifierOptions { TimeProvider = null! }));
    }

    [Fact] // Scenario 21, the empty range.
    public void Empty_ranges_null_subscribers_and_empty_names_are_refused()
    {
        Throws<ArgumentException>("range", () => Notifier.Subscribe(default, _device, "x"));
        Throws<ArgumentNullException>("subscriber", () => Notifier.Subscribe(Range(0, 1), null!, "x"));
        Throws<ArgumentNullException>("name", () => Notifier.Subscribe(Range(0, 1), _device, null!));
        Throws<ArgumentException>("name", () => Notifier.Subscribe(Range(0, 1), _device, ""));
        Throws<ArgumentException>("range", () => Notifier.TrySchedule(default, Unmap, out _));
        Throws<ArgumentException>("range", () => Notifier.Invalidate(default, Unmap, _ => Assert.Fail("Unmapped"), _ => { }));
        Assert.Equal(default, Notifier.GetStatistics());
    }

    [Theory]
    [InlineData((InvalidationReason)(-1))]
    [InlineData(InvalidationReason.None)]
    [InlineData(InvalidationReason.Unmap | InvalidationReason.Discard)]
    [InlineData(InvalidationReason.All)]
    [InlineData((InvalidationReason)64)]
    public void A_reason_that_does_not_exist_is_refused(InvalidationReason reason)
    {
        Subscribe(0, 10, _device);

        Throws<ArgumentOutOfRangeException>("reason", () => Notifier.TrySchedule(Range(0, 1), reason, out _));
        Throws<ArgumentOutOfRangeException>("reason", () => Notifier.Invalidate(Range(0, 1), reason, _ => Assert.Fail("Unmapped"), _ => { }));
        Assert.Equal((0, 0L), (_device.Calls, Notifier.GetStatistics().Begun));
    }

    [Fact]
    public void Invalidate_wants_a_step_that_frees_and_a_budget_before_it_schedules_anything()
    {
        Subscribe(0, 10, _device);

        Throws<ArgumentNullException>("free", () => Notifier.Invalidate(Range(0, 1), Unmap, null, null!));
        Throws<ArgumentNullException>("free", () => Notifier.Invalidate(Range(0, 1), Unmap, 0, null, null!, TimeSpan.Zero));
        Throws<ArgumentOutOfRangeException>("budget", () => Notifier.Invalidate(Range(0, 1), Unmap, 0, null, (_, _) => { }, s_negative));
        Assert.Equal(0, _device.Calls);
    }

    [Fact]
    public void Negative_budgets_are_refused_and_the_session_stays_as_it_was()
    {
        Subscribe(0, 10, _device);
        using InvalidationSession session = Schedule(0, 10);

        Throws<ArgumentOutOfRangeException>("budget", () => session.Wait(s_negative));
        Throws<ArgumentOutOfRangeException>("budget", () => session.WaitAsync(s_negative).AsTask());
        Throws<ArgumentOutOfRangeException>("budget", () => session.WaitAsync(TimeSpan.FromDays(50)).AsTask());
        Assert.False(session.HasEnded);
        session.Commit();
    }

    [Fact]
    public void A_reader_stays_within_its_subscription()
    {
        InvalidationSubscription subscription = Subscribe(10, 20, _device);

        Throws<ArgumentException>("range", () => subscription.TryBeginRead(default, out _));
        Throws<ArgumentOutOfRangeException>("range", () => subscription.TryBeginRead(Range(9, 12), out _));
        Throws<ArgumentOutOfRangeException>("range", () => subscription.BeginRead(Range(12, 21), TimeSpan.Zero, out _));
        Throws<ArgumentOutOfRangeException>("range", () => subscription.BeginReadAsync(Range(0, 100), TimeSpan.Zero).AsTask());
        Throws<ArgumentOutOfRangeException>("budget", () => subscription.BeginRead(Range(10, 20), s_negative, out _));
        Throws<ArgumentOutOfRangeException>("budget", () => subscription.BeginReadAsync(Range(10, 20), s_negative).AsTask());
        Throws<ArgumentOutOfRangeException>("budget", () => subscription.BeginReadAsync(Range(10, 20), TimeSpan.FromDays(50)).AsTask());
    }

    private static void Throws<T>(string argument, Func<object?> action)
        where T : ArgumentException => Assert.Equal(argument, Assert.Throws<T>(() => { action(); }).ParamName);
}
