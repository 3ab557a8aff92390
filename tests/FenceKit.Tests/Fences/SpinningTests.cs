// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>
/// How long a waiter looks before it sleeps: less after each sleep, and for long once in a while. Read from inside: outside it shows as time only.
/// </summary>
public class SpinningTests
{
    [Fact]
    public void A_waiter_whose_waits_end_in_sleep_looks_less_each_time_and_now_and_then_for_long_again()
    {
        if (Environment.ProcessorCount == 1)
        {
            return; // while one looks, nobody can signal: it does not look at all
        }

        FenceTimeline timeline = new("slow");
        Fence fence = timeline.Issue();
        int most = timeline.SpinsBeforeSleep;
        List<int> spins = [];
        do
        {
            fence.Wait(TimeSpan.FromTicks(1));
            spins.Add(timeline.SpinsBeforeSleep);
        }
        while (timeline.SpinsBeforeSleep != most && spins.Count < 100);

        Assert.Equal(most, spins[^1]);
        Assert.InRange(spins.Count, 10, 50); // rare enough not to burn a processor
        Assert.Equal(spins[..^1].OrderDescending(), spins[..^1]);
    }

    [Fact]
    public void A_timeline_knows_that_its_waiter_was_looking_until_somebody_waits_otherwise()
    {
        if (Environment.ProcessorCount == 1)
        {
            return;
        }

        FenceTimeline timeline = new("fast", new FenceTimelineOptions { ReportsCumulativeSignals = false }); // what reports signals guesses nothing
        Limit.Until(() => SeesWhileLooking(timeline), "A signal that comes while its waiter looks");

        Fence last = timeline.Issue();
        RecordingCallback callback = new();
        last.TryAddCallback(callback);
        Assert.True(timeline.Signal(last));
        Assert.Equal(1, callback.Calls);
        Assert.False(timeline.IsPolled);
    }

    /// <summary>One round of a signaler and a waiter that start together; in which of them looks first is left to chance.</summary>
    private static bool SeesWhileLooking(FenceTimeline timeline)
    {
        Fence fence = timeline.Issue();
        TestThread.RunTogether(() => timeline.Signal(fence), () => fence.Wait());
        return timeline.IsPolled;
    }
}
