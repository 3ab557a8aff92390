// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Adding against signaling: refused, or called; never neither and never both.</summary>
public class CallbackRaceTests
{
    [Theory] // Kernel scenario 12, race_signal_callback: two threads publish fences in recycled memory and watch each other's.
    [InlineData(true)]
    [InlineData(false)]
    public void A_callback_on_the_other_threads_fence_is_refused_or_seen(bool signalBeforeAdding)
    {
        const int Passes = 20_000;
        using FencePool pool = new("recycled", 2);
        FenceSource[] published = new FenceSource[2];
        using Barrier pass = new(2);
        int[] refused = new int[2];
        int[] called = new int[2];

        void Race(int me)
        {
            RecordingCallback callback = new();
            for (int i = 0; i < Passes; i++)
            {
                Assert.True(pool.TryRent(out FenceSource mine));
                published[me] = mine;
                Limit.On(pass);
                Fence theirs = published[1 - me].Fence;
                if (signalBeforeAdding)
                {
                    Assert.True(mine.TrySignal());
                }

                int before = callback.Calls;
                bool added = theirs.TryAddCallback(callback);
                if (!signalBeforeAdding)
                {
                    Assert.True(mine.TrySignal());
                }

                // The other thread has signaled once both are here; then the callback is over, or it was refused.
                Limit.On(pass);
                Assert.Equal(added ? 1 : 0, callback.Calls - before);
                Assert.True(theirs.IsSignaled);
                (added ? ref called[me] : ref refused[me])++;
            }
        }

        TestThread.RunTogether(() => Race(0), () => Race(1));
        Assert.Equal(2 * Passes, refused.Sum() + called.Sum());
        Assert.Equal(2, pool.Available);
    }

    [Fact]
    public void Every_callback_added_while_others_signal_is_called_exactly_once_with_the_outcome_of_its_point()
    {
        const int Points = 60_000;
        using FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 1 });
        InvalidOperationException error = new("odd");
        timeline.Issue(Points);
        RecordingCallback[] callbacks = [.. Enumerable.Range(0, Points).Select(_ => new RecordingCallback())];
        bool[] added = new bool[Points];

        TestThread.RunTogether(
            () =>
            {
                for (int i = 0; i < Points; i++)
                {
                    added[i] = timeline.GetFence((ulong)i + 1).TryAddCallback(callbacks[i]);
                }
            },
            () =>
            {
                for (ulong point = 1; point <= Points; point++)
                {
                    if (point % 2 == 0)
                    {
                        timeline.Signal(point);
                    }
                    else
                    {
                        timeline.Signal(point, error);
                    }
                }
            });

        Fence later = timeline.Issue();
        for (int i = 0; i < Points; i++)
        {
            Assert.Equal(added[i] ? 1 : 0, callbacks[i].Calls);
            if (added[i])
            {
                Assert.Equal((i + 1) % 2 == 0 ? FenceStatus.Signaled : FenceStatus.Faulted, callbacks[i].Status);
            }

            // Called or refused, at whatever moment: the node is free for another fence.
            Assert.True(later.TryAddCallback(callbacks[i]));
            Assert.Equal(FenceCallbackRemoval.Removed, later.TryRemoveCallback(callbacks[i]));
        }

        TimelineProbe.AssertQuiet(timeline);
    }
}
