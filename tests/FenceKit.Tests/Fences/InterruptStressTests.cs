// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Tests.Fences;

/// <summary>Threads that somebody interrupts without end: nothing that does not block throws, and nothing is lost.</summary>
[Collection(AloneCollection.Name)]
public class InterruptStressTests
{
    private const int Threads = 8;

    private bool _over;
    private long _interrupts;

    [Fact]
    public void Nothing_that_does_not_block_throws_and_everything_that_began_ends() => RunFor(turns: 3_000, TimeSpan.Zero);

    /// <summary>As the test above, for as long as FENCEKIT_SOAK_SECONDS says (2 seconds when it does not).</summary>
    [Fact]
    [Trait("Suite", "Soak")]
    public void For_a_long_time_nothing_is_lost_to_interrupts() => RunFor(
        turns: 0,
        TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("FENCEKIT_SOAK_SECONDS") ?? "2", CultureInfo.InvariantCulture)));

    private void RunFor(int turns, TimeSpan time)
    {
        InterruptedWork work = new();
        List<string> callbackFaults = [];
        EventHandler<FenceCallbackFaultedEventArgs> listener = (_, fault) =>
        {
            if (fault.Exception is ThreadInterruptedException)
            {
                callbackFaults.Add(fault.Exception.ToString()); // one at most is looked at; a race between several does not matter
            }
        };
        FenceTimeline.CallbackFaulted += listener;
        long end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        TestThread[] threads = [.. Enumerable.Range(0, Threads).Select(seed => TestThread.Start(() => Work(work, seed, turns, end)))];
        TestThread interrupter = TestThread.Start(() =>
        {
            while (!Volatile.Read(ref _over))
            {
                Array.ForEach(threads, thread => thread.Interrupt());
                Thread.Yield();
            }
        });

        Array.ForEach(threads, thread => thread.Join());
        Volatile.Write(ref _over, true);
        interrupter.Join();
        FenceTimeline.CallbackFaulted -= listener;

        Assert.True(work.Thrown.Count == 0, string.Join("\n", work.Thrown));
        Assert.Empty(callbackFaults);
        Assert.True(_interrupts > 0, "Interrupts that came while nothing blocked were kept for the threads' own waits.");
        work.ComeToRest();
    }

    private void Work(InterruptedWork work, int seed, int turns, long end)
    {
        Random random = new(seed);
        WoundWaitContext context = new(work.LockClass);
        for (int turn = 0; turn < turns || Environment.TickCount64 < end; turn++)
        {
            if (work.Turn(random, context))
            {
                Interlocked.Increment(ref _interrupts);
            }
        }
    }
}
