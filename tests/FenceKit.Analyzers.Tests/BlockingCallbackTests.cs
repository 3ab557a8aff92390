// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Tests;

public class BlockingCallbackTests
{
    private static string Schedule(string body) => $$"""
        private sealed class Driver(FenceTimeline timeline, Task task, ManualResetEvent set, InvalidationSubscription subscription) : IInvalidationSubscriber
        {
            private readonly List<object> _list = [];
            private readonly System.Threading.Lock _leaf = new();
            private static void Static() { }
            private void Instance() { }
            private static void Take(object? value) { }
            private static void TakeAll(params object[] values) { }
            public bool TrySchedule(in InvalidationRequest request, out Fence fence)
            {
                fence = timeline.GetFence(timeline.Issued);
                AddressRange range = request.Range;
                {{body}}
                return true;
            }
        }
        """;

    private static string Signaled(string body) => $$"""
        private sealed class Callback(Fence other, Task task, FenceTimeline next) : FenceCallback
        {
            protected override void OnSignaled(FenceStatus status, Exception? fault) { {{body}} }
        }
        """;

    [Theory]
    [InlineData("_ = [|fence.Wait()|];")]
    [InlineData("_ = [|fence.Wait(s_budget)|];")]
    [InlineData("_ = [|Fence.WaitAll([fence], s_budget)|];")]
    [InlineData("[|task.Wait()|];")]
    [InlineData("[|task.GetAwaiter().GetResult()|];")]
    [InlineData("[|set.WaitOne()|];")]
    [InlineData("[|Thread.Sleep(1)|];")]
    [InlineData("[|subscription.Dispose()|];")]
    [InlineData("if (range.Length > 5) { void Inner(Task other) => [|other.Wait()|]; Inner(task); }")]
    public Task A_schedule_that_waits_is_reported(string body) => Check.Rule<BlockingCallback>(Schedule(body));

    [Theory]
    [InlineData("_list.Add([|new object()|]);")]
    [InlineData("Take([|new int[4]|]);")]
    [InlineData("Take([|$\"range {range}\"|]);")]
    [InlineData("Take([|\"range \" + range.Length.ToString()|]);")]
    [InlineData("Take([|range|]);")]
    [InlineData("[|TakeAll(\"one\")|];")]
    [InlineData("Action act = [|Instance|]; act();")]
    [InlineData("Action act = [|() => Take(_list)|]; act();")]
    [InlineData("int[] some = [|[1, 2]|]; Take(some);")]
    public Task So_is_one_that_allocates(string body) => Check.Rule<BlockingCallback>(Schedule(body));

    [Fact]
    public Task So_is_one_that_starts_a_task() => Check.Rule<BlockingCallback>(Schedule("_ = [|Task.Run(Static)|];"));

    [Theory]
    [InlineData("_ = [|other.Wait()|];")]
    [InlineData("[|task.Wait()|];")]
    [InlineData("[|Thread.Sleep(1)|];")]
    public Task So_is_a_callback_that_waits(string body) => Check.Rule<BlockingCallback>(Signaled(body));

    [Fact]
    public Task So_is_a_driver_of_a_queue() => Check.Rule<BlockingCallback>("""
        private sealed class Driver : DeviceDriver<int>
        {
            public override void Start(ReadOnlySpan<DeviceCommand<int>> batch) => Thread.Sleep(1);
            public override bool TrySchedule(in InvalidationRequest request, Fence drained, out Fence fence)
            {
                _ = [|drained.Wait()|];
                fence = drained;
                return true;
            }
        }
        """);

    [Fact]
    public Task So_is_an_explicit_implementation() => Check.Rule<BlockingCallback>("""
        private sealed class Driver(Task task) : IInvalidationSubscriber
        {
            bool IInvalidationSubscriber.TrySchedule(in InvalidationRequest request, out Fence fence) { [|task.Wait()|]; fence = default; return true; }
        }
        """);

    [Theory]
    [InlineData("if (!fence.IsSignaled && fence.Wait(TimeSpan.Zero) == FenceStatus.Pending) { return false; }")]
    [InlineData("_ = task.Wait(0);")]
    [InlineData("_ = set.WaitOne(0);")]
    [InlineData("lock (_leaf) { Static(); }")]
    [InlineData("if (range.IsEmpty) { throw new InvalidOperationException($\"no range {range}\"); }")]
    [InlineData("Action act = Static; act(); Action other = static () => Static(); other();")]
    [InlineData("Span<int> some = stackalloc int[4]; some.Clear(); ReadOnlySpan<int> more = [1, 2]; _ = more.Length;")]
    [InlineData("const string Name = \"a\" + \"b\"; Take(Name); AddressRange other = new(1, 2); _ = other.Length;")]
    [InlineData("timeline.Signal(fence); _ = fence.TryPoll();")]
    public Task What_only_looks_or_costs_nothing_is_in_order(string body) => Check.Rule<BlockingCallback>(Schedule(body));

    [Fact]
    public Task A_callback_may_allocate_and_signal() => Check.Rule<BlockingCallback>(Signaled("Use(new object()); next.Signal(next.Issued);"));

    [Fact]
    public Task What_a_lambda_does_is_done_elsewhere() =>
        Check.Rule<BlockingCallback>(Signaled("ThreadPool.QueueUserWorkItem(_ => task.Wait());"));

    [Fact]
    public Task A_method_that_is_only_called_the_same_is_not_meant() => Check.Rule<BlockingCallback>("""
        private sealed class Other(Task task)
        {
            public bool TrySchedule(in InvalidationRequest request, out Fence fence) { task.Wait(); fence = default; return true; }
            public void OnSignaled(FenceStatus status, Exception? fault) => task.Wait();
        }
        """);
}
