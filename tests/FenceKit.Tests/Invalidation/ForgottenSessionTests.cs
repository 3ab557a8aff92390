// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Invalidation;

/// <summary>A session that nobody can end any more is found, named, counted and backed off. Alone, because it collects garbage.</summary>
[Collection(AloneCollection.Name)]
public class ForgottenSessionTests : NotifierTest
{
    [Fact]
    public void A_forgotten_session_backs_off_and_is_named_with_the_place_of_its_schedule()
    {
        using Events events = new();
        InvalidationSubscription subscription = Subscribe(0, 10, new FakeDevice());
        Forget();

        Collect(() => Notifier.ActiveSessions == 0);

        Assert.True(subscription.TryBeginRead(Range(0, 10), out _));
        Assert.Equal((1L, 1L), (Notifier.GetStatistics().Forgotten, Notifier.GetStatistics().BackedOff));
        string[] report = Assert.Single(events.Reports, report => report[0] == "arena");
        Assert.Equal("[0x0, 0xa)", report[1]);
        Assert.StartsWith("ForgottenSessionTests.cs:", report[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Who_waits_for_the_range_of_a_forgotten_session_goes_on()
    {
        InvalidationSubscription subscription = Subscribe(0, 10, new FakeDevice());
        TestThread.Run(Forget); // by another thread: one that waits for its own session is told so
        Task<InvalidationSequence?> reader = subscription.BeginReadAsync(Range(0, 10), Timeout.InfiniteTimeSpan).AsTask();

        Collect(() => reader.IsCompleted);

        Assert.True(reader.IsCompletedSuccessfully);
#pragma warning disable xUnit1031 // It is over: nothing blocks.
        Assert.NotNull(reader.Result);
#pragma warning restore xUnit1031
    }

    [Fact]
    public void A_session_that_somebody_can_still_end_is_left_alone()
    {
        InvalidationSession[] kept = [Schedule(0, 10)];
        Forget();

        Collect(() => Notifier.GetStatistics().Forgotten == 1);

        Assert.Equal(1, Notifier.ActiveSessions);
        Assert.False(kept[0].HasEnded);
        kept[0].Commit();
    }

    [Fact]
    public void After_it_sessions_work_as_before()
    {
        Forget();
        Collect(() => Notifier.ActiveSessions == 0);

        for (int round = 0; round < 3; round++)
        {
            InvalidationSession session = Schedule(0, 10);
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
            session.Commit();
        }
    }

    [Fact]
    public void Sessions_that_are_ended_are_never_taken_for_forgotten_though_their_notifier_is_garbage()
    {
        using Events events = new();
        WeakReference notifier = UseAndDrop();

        Collect(() => !notifier.IsAlive);
        GC.WaitForPendingFinalizers();

        Assert.DoesNotContain(events.Reports, report => report[0] == "dropped");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference UseAndDrop()
    {
        InvalidationNotifier notifier = new("dropped");
        for (int index = 0; index < 300; index++)
        {
            notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession first);
            notifier.TrySchedule(Range(20, 30), Unmap, out InvalidationSession second);
            first.Commit();
            second.BackOff();
        }

        return new WeakReference(notifier);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget() => Notifier.TrySchedule(Range(0, 10), Unmap, out _);

    private static void Collect(Func<bool> until) => Limit.Until(
        () =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return until();
        },
        "Finding it");

    private sealed class Events : EventListener
    {
        internal ConcurrentQueue<string[]> Reports { get; } = [];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "FenceKit")
            {
                EnableEvents(eventSource, EventLevel.Error);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "Forgotten")
            {
                Reports.Enqueue([.. eventData.Payload!.Select(static value => (string)value!)]);
            }
        }
    }
}
