// SPDX-License-Identifier: MIT

namespace FenceKit.Contract.Tests.Hangs;

/// <summary>
/// Three real hangs in the kernel, found by running into them. What can be named before the hang is named; what cannot is a rule in
/// docs/contract.md. The twin of each keeps the rule and ends by itself.
/// </summary>
public class KernelHangTests
{
    [RealPartsFact("uffd")]
    public async Task Managed_code_that_touches_a_page_which_managed_code_must_bring_hangs_and_nothing_could_have_named_it()
    {
        HangRun run = await HangRun.WatchAsync("fault", isForetold: true);

        Assert.True(run.Hung, string.Join('|', run.Output));
        Assert.Equal(["about to hang"], run.Output); // a page fault is no call: the validator hears nothing of it
        AssertRule("Touch pages that this process must bring from native code only");
    }

    [RealPartsFact("uffd")]
    public async Task Native_code_that_touches_it_does_not()
    {
        HangRun run = await HangRun.WatchAsync("fault-native", isForetold: false);

        Assert.False(run.Hung);
        Assert.Equal(["about to hang", "did not hang"], run.Output);
    }

    [RealPartsFact("uffd", "uring")]
    public async Task A_thread_that_submitted_requests_and_discards_memory_hangs_as_reported_before_anything_was_in_flight()
    {
        HangRun run = await HangRun.WatchAsync("ring", isForetold: true);

        Assert.True(run.Hung, string.Join('|', run.Output));
        string report = Assert.Single(run.Output, static line => line.StartsWith("reported: ", StringComparison.Ordinal));
        Assert.StartsWith("reported: CircularDependency: ", report, StringComparison.Ordinal);
        Assert.Contains("fence request", report, StringComparison.Ordinal);
        Assert.Contains("fence acknowledgement", report, StringComparison.Ordinal);
        AssertRule("The thread that submits to an io_uring never discards memory");
    }

    [RealPartsFact("uffd", "uring")]
    public async Task A_thread_that_only_submits_does_not_and_is_silent()
    {
        HangRun run = await HangRun.WatchAsync("ring-apart", isForetold: false);

        Assert.False(run.Hung);
        Assert.Equal(["about to hang", "did not hang"], run.Output);
    }

    [RealPartsFact("uffd")]
    public async Task Discarding_memory_after_its_monitor_has_ended_hangs_unless_one_asks_for_the_fence_first()
    {
        HangRun run = await HangRun.WatchAsync("shutdown", isForetold: true);

        Assert.True(run.Hung, string.Join('|', run.Output));
        Assert.StartsWith("refused: FenceTimeline 'acknowledgement'", run.Output[0], StringComparison.Ordinal);
        AssertRule("Close the descriptor before the monitor ends");
    }

    [RealPartsFact("uffd")]
    public async Task Discarding_memory_after_the_descriptor_was_closed_does_not()
    {
        HangRun run = await HangRun.WatchAsync("shutdown-closed", isForetold: false);

        Assert.False(run.Hung);
        Assert.Equal("did not hang", run.Output[^1]);
    }

    private static void AssertRule(string rule) =>
        Assert.Contains(rule, File.ReadAllText(Path.Combine(Lockdep.Tests.Support.Proof.Root(), "docs", "contract.md")), StringComparison.Ordinal);
}
