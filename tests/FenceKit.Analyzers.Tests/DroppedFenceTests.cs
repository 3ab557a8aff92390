// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Tests;

public class DroppedFenceTests
{
    [Theory]
    [InlineData("[|_timeline.Issue()|];")]
    [InlineData("[|_timeline.Issue(3)|];")]
    [InlineData("Fence fence = [|_timeline.Issue()|];")]
    [InlineData("FenceTimeline other = new(\"other\"); _timeline.Signal(1); [|other.Issue()|];")]
    public Task A_fence_that_nobody_has_is_reported(string body) => Check.Rule<DroppedFence>($$"""public void Go() { {{body}} Publish(); }""");

    [Theory]
    [InlineData("if ([|_pool.TryRent(out _)|]) { Publish(); }")]
    [InlineData("if (![|_pool.TryRent(out FenceSource source)|]) { Publish(); }")]
    public Task So_is_a_source_that_nobody_has(string body) => Check.Rule<DroppedFence>($$"""public void Go() { {{body}} }""");

    [Fact]
    public Task So_is_one_that_processes_share() => Check.Rule<DroppedFence>("public void Go(SharedFenceTimeline shared) { [|shared.Issue()|]; }");

    [Theory]
    [InlineData("Fence fence = _timeline.Issue(); Use(fence);")]
    [InlineData("_timeline.Issue(3); _timeline.Signal(3);")]
    [InlineData("_timeline.Issue(); Use(_timeline.Issued);")]
    [InlineData("_timeline.Issue(); Use(_timeline.GetFence(1));")]
    [InlineData("_ = _timeline.Issue();")]
    [InlineData("_timeline.Signal(_timeline.Issue());")]
    [InlineData("using FenceTimeline own = new(\"own\"); own.Issue(); Use(own.DumpPending());")]
    [InlineData("if (_pool.TryRent(out FenceSource source)) { source.TrySignal(); }")]
    public Task What_somebody_can_signal_is_in_order(string body) => Check.Rule<DroppedFence>($$"""public void Go() { {{body}} }""");

    [Fact]
    public Task A_rent_that_goes_to_another_method_is_asked_there() => Check.Rule<DroppedFence>("""
        private static void Refused(bool isRefused) { }
        public void Go()
        {
            Refused(!_pool.TryRent(out _));
            Refused(!_pool.TryRent(out FenceSource source));
        }
        """);

    [Fact]
    public Task The_queue_signals_what_it_has_accepted() => Check.Rule<DroppedFence>("""
        public void Go(DeviceQueue<int> queue) { if (queue.TrySubmit(1, out _) == DeviceSubmitStatus.Submitted) { Publish(); } }
        """);

    [Fact]
    public Task An_issue_of_a_users_is_theirs() => Check.Rule<DroppedFence>("private int Issue() => 1; public void Go() { Issue(); }");
}
