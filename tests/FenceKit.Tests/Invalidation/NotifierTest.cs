// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>A notifier and a few words to talk about it; at the end of each test all counters are equal.</summary>
public abstract class NotifierTest : IDisposable
{
    protected const InvalidationReason Unmap = InvalidationReason.Unmap;

    private protected ManualTimeProvider Clock { get; } = new();

    protected InvalidationNotifier Notifier { get; }

    protected NotifierTest() => Notifier = new InvalidationNotifier("arena", new InvalidationNotifierOptions { TimeProvider = Clock });

    public void Dispose()
    {
        AssertAtRest(Notifier);
        Notifier.Dispose();
        GC.SuppressFinalize(this);
    }

    internal static void AssertAtRest(InvalidationNotifier notifier)
    {
        InvalidationStatistics statistics = notifier.GetStatistics();
        Assert.Equal(0, statistics.Active);
        Assert.Equal(0, notifier.ActiveSessions);
        Assert.Equal(statistics.Begun, statistics.Refused + statistics.Committed + statistics.BackedOff);
    }

    protected static AddressRange Range(ulong start, ulong end) => new(start, end);

    private protected InvalidationSubscription Subscribe(ulong start, ulong end, FakeDevice device, string name = "device") =>
        Notifier.Subscribe(Range(start, end), device, name);

    /// <summary>A device that needs time, on the clock of the notifier.</summary>
    private protected FakeDevice PendingDevice() =>
        new(DeviceAnswer.Pending, "device", new FenceTimelineOptions { TimeProvider = Clock });

    protected InvalidationSession Schedule(ulong start, ulong end)
    {
        Assert.True(Notifier.TrySchedule(Range(start, end), Unmap, out InvalidationSession session));
        return session;
    }
}
