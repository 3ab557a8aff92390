// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance.Tests;

/// <summary>
/// Drivers that break the contract are caught: each by the check that is meant for it, for the reason that is meant, and after it really
/// did what it is there to do wrong. They are given as much time as the good ones, so that slowness is not taken for a fault.
/// </summary>
/// <remarks>
/// A driver that hangs costs all its time. So all of them run at once, from the first test on, each on a thread of its own, and the tests
/// look at what came of it. Without a defect the same driver passes every check: <see cref="ConformanceTests"/>.
/// </remarks>
[Trait("Suite", "Conformance")]
public sealed class BrokenDriverTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Some defects show only if the driver is quick enough to commit them while the check looks; then it looks again.</summary>
    private const int MostAttempts = 50;

    private sealed record Catch(string Check, string Reason);

    private sealed record Outcome(ConformanceException? Caught, int Struck);

    private static readonly Dictionary<Defect, Catch> s_expected = new()
    {
        [Defect.ForgetsToSignal] = new("every-command-ends", "command 8 did not end"),
        [Defect.SignalsEarly] = new("work-is-done-when-its-fence-signals", "signaled, and memory held"),
        [Defect.SignalsOutOfOrder] = new("fences-signal-in-order", "times a fence signaled before an earlier one"),
        [Defect.SignalsSeveralAtOnce] = new("fences-signal-in-order", "which are several commands"),
        [Defect.DoubleCompletes] = new("a-command-ends-once", "the end of one command signaled the fence of another"),
        [Defect.TouchesMemoryAfterItsFence] = new("memory-is-left-alone-after-the-fence", "was written after the fence of its command"),
        [Defect.BlocksTheSubmitter] = new("submitting-does-not-wait", "submitting waited for the command"),
        [Defect.BlocksItsWorkerForADependency] = new("dependencies-come-first", "submitting waited for a dependency"),
        [Defect.IgnoresDependencies] = new("dependencies-come-first", "a command ran before the fence that it depends on"),
        [Defect.IgnoresFaultedDependencies] = new("a-faulted-dependency-fails-the-command", "whose dependency faulted did not fault"),
        [Defect.TakesRetiredForSuccess] = new("a-forgotten-dependency-fails-the-command", "whose dependency may have faulted did not fault"),
        [Defect.LosesACancel] = new("a-running-command-that-is-canceled-ends", "a running command that was canceled did not end"),
        [Defect.RunsWhatWasCanceled] = new("a-canceled-command-never-runs", "a canceled command ended as a success"),
        [Defect.IgnoresLoss] = new("loss-ends-every-fence", "a command of a lost device did not end"),
        [Defect.AcceptsWorkAfterLoss] = new("a-lost-device-refuses-work", "a command for a lost device did not end"),
        [Defect.WritesOnAfterLoss] = new("a-lost-device-writes-no-more", "memory was written after all fences of a lost device had ended"),
        [Defect.GivesMemoryAwayAfterLoss] = new("lost-memory-is-refused-until-the-device-stops", "was given away, and written afterwards"),
        [Defect.StaysSubscribedAfterLoss] = new("loss-detaches", "a lost device is still subscribed"),
        [Defect.WaitsInSchedule] = new("schedule-does-not-wait", "a schedule waited for a command"),
        [Defect.AllocatesInSchedule] = new("schedule-does-not-allocate", "schedules allocate"),
        [Defect.ThrowsInSchedule] = new("schedule-does-not-throw", "schedules threw"),
        [Defect.SaysDoneWhileItRuns] = new("no-stale-access", "completed while a command that uses the range was running"),
        [Defect.StartsDuringAnInvalidation] = new("nothing-starts-while-its-memory-goes", "that was being invalidated"),
        [Defect.DropsWorkWhenDisposed] = new("disposing-ends-every-fence", "accepted before the device was disposed did not end"),
        [Defect.LeaksASubscription] = new("disposing-detaches", "a disposed device is still subscribed"),
    };

    private static readonly Lazy<Dictionary<Defect, Task<Outcome>>> s_outcomes = new(static () => s_expected.ToDictionary(
        static expected => expected.Key,
        static expected => Task.Factory.StartNew(
            () => Break(expected.Key, DriverConformance.Find(expected.Value.Check)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

    public static TheoryData<Defect> Defects => [.. s_expected.Keys];

    [Theory]
    [MemberData(nameof(Defects))]
    public async Task A_broken_driver_is_caught_by_the_check_that_is_meant_for_it(Defect defect)
    {
        Outcome outcome = await s_outcomes.Value[defect];

        Assert.True(outcome.Caught is not null, $"{s_expected[defect].Check} did not notice.");
        Assert.StartsWith(s_expected[defect].Check, outcome.Caught.Message, StringComparison.Ordinal);
        Assert.Contains(s_expected[defect].Reason, outcome.Caught.Message, StringComparison.Ordinal);
        Assert.True(outcome.Struck > 0, "It was caught before it did anything wrong.");
        ConformanceProof.Caught(s_expected.Count);
    }

    [Fact]
    public void Every_way_to_break_the_contract_is_tried() =>
        Assert.Equal(Enum.GetValues<Defect>().Except([Defect.None]).Order(), s_expected.Keys.Order());

    private static Outcome Break(Defect defect, ConformanceCheck check)
    {
        int struck = 0;
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            PlainDevice? device = null;
            try
            {
                check.Run(() => device = new PlainDevice(defect), s_patience);
            }
            catch (ConformanceException caught)
            {
                return new Outcome(caught, struck + device!.Struck);
            }

            struck += device!.Struck;
        }

        return new Outcome(Caught: null, struck);
    }
}
