// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Waits for several in the hands of somebody who does what compilers do not: one result, and nobody is left asleep.</summary>
public sealed class SetAwaiterMisuseTests : IDisposable
{
    private readonly FenceTimeline _never = new("never");
    private readonly FenceTimeline _device = new("device");
    private readonly CancellationTokenSource _source = new();

    [Fact]
    public void A_wait_for_any_whose_result_is_asked_for_too_early_ends_once_and_disturbs_nobody()
    {
        Fence last = _device.Issue();
        FenceSetAwaitable awaiter = Fence.WaitAnyAsync([_never.Issue(), last]).ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
        Exception? late = null;
        awaiter.UnsafeOnCompleted(() => late = Record.Exception(() => awaiter.GetResult()));
        FenceWaitResult result = default;
        TestThread early = TestThread.Start(() => result = awaiter.GetResult());
        early.UntilBlocked();

        _device.Signal(last);
        early.Join();

        Assert.Equal((FenceStatus.Signaled, 1), (result.Status, result.Index));
        Assert.IsType<InvalidOperationException>(late);
        for (int i = 0; i < 3; i++)
        {
            Task<FenceWaitResult> next = AwaitAnyAsync(_never.Issue(), _device.Issue());
            Assert.False(next.IsCompleted);
            _device.Signal(_device.Issued);
            Assert.Equal(1, Limit.On(next).Index);
        }
    }

    [Fact]
    public void Who_asks_too_early_before_the_member_that_completed_has_its_turn_ends_the_wait_once_and_disturbs_nobody()
    {
        Fence last = _device.Issue();
        FenceSetAwaitable awaiter = default;
        FenceWaitResult result = default;
        Action ask = ContractReports.AskedFor("a callback waits", () => result = awaiter.GetResult());
        Assert.True(last.TryAddCallback(new RecordingCallback(ask))); // its turn comes first
        QueueContext context = new();
        List<Exception?> late = [];
        context.Enter(() =>
        {
            awaiter = Fence.WaitAnyAsync([_never.Issue(), last]).GetAwaiter();
            awaiter.UnsafeOnCompleted(() => late.Add(Record.Exception(() => awaiter.GetResult())));
        });

        _device.Signal(last);
        Task<FenceWaitResult> next = AwaitAnyAsync(_never.Issue(), _device.Issue());
        context.RunAll();

        Assert.Equal((FenceStatus.Signaled, 1), (result.Status, result.Index));
        Assert.IsType<InvalidOperationException>(Assert.Single(late));
        Assert.False(next.IsCompleted);
        _device.Signal(_device.Issued);
        Assert.Equal(1, Limit.On(next).Index);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Who_asks_too_early_and_is_interrupted_leaves_nothing_behind_and_nobody_asleep(bool isAny, bool hasToken)
    {
        Fence[] fences = [_never.Issue(), _device.Issue()];
        CancellationToken token = hasToken ? _source.Token : default;
        FenceSetAwaitable awaiter = (isAny ? Fence.WaitAnyAsync(fences, token) : Fence.WaitAllAsync(fences, token))
            .ConfigureAwait(FenceContinuation.Inline)
            .GetAwaiter();
        List<Exception?> late = [];
        awaiter.UnsafeOnCompleted(() => late.Add(Record.Exception(() => awaiter.GetResult())));
        if (!isAny)
        {
            _device.Signal(fences[1]); // one is over, and cannot be removed
        }

        TestThread.Run(() =>
        {
            Thread.CurrentThread.Interrupt();
            Assert.Throws<ThreadInterruptedException>(() => awaiter.GetResult());
        });

        Assert.IsType<InvalidOperationException>(Assert.Single(late));
        Assert.False(_never.HasCallbacks());
        Assert.False(_device.HasCallbacks());
        _never.Signal(fences[0]);
        _device.Signal(fences[1]);
        Assert.Single(late);
    }

    public void Dispose() => _source.Dispose();

    private static async Task<FenceWaitResult> AwaitAnyAsync(params Fence[] fences) =>
        await Fence.WaitAnyAsync(fences).ConfigureAwait(FenceContinuation.Inline);
}
