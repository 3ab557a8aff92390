// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>The end of a timeline: nobody waits for ever.</summary>
public class PoisonAndDisposeTests
{
    private readonly FenceTimeline _timeline = new("device");
    private readonly InvalidOperationException _lost = new("device lost");

    [Fact]
    public void Poison_faults_everything_pending_and_everything_issued_later()
    {
        Fence done = _timeline.Issue();
        _timeline.Signal(done);
        Fence pending = _timeline.Issue(5);
        RecordingCallback callback = new();
        pending.TryAddCallback(callback);

        Assert.True(_timeline.Poison(_lost));

        Assert.Equal(FenceStatus.Signaled, done.Status);
        Assert.Same(_lost, pending.Error);
        Assert.Equal((FenceStatus.Faulted, _lost), (callback.Status, callback.Error));
        Fence later = _timeline.Issue();
        Assert.True(later.IsSignaled);
        Assert.Same(_lost, later.Error);
        Assert.Same(_lost, _timeline.Issue(7).Error);
        Assert.False(later.TryAddCallback(new RecordingCallback()));
    }

    [Fact]
    public void Earlier_faults_keep_their_error_after_a_poisoning()
    {
        InvalidOperationException error = new("I/O");
        Fence faulted = _timeline.Issue();
        _timeline.Signal(faulted, error);
        Fence good = _timeline.Issue();
        _timeline.Signal(good);
        _timeline.Issue();

        _timeline.Poison(_lost);

        Assert.Same(error, faulted.Error);
        Assert.Equal(FenceStatus.Signaled, good.Status);
    }

    [Fact]
    public void Only_the_first_poisoning_counts_and_signals_after_it_move_nothing()
    {
        Fence fence = _timeline.Issue();

        Assert.True(_timeline.Poison(_lost));
        Assert.False(_timeline.Poison(new InvalidOperationException("again")));
        Assert.False(_timeline.Signal(fence));
        Assert.False(_timeline.Signal(fence, new InvalidOperationException("late")));
        _timeline.Dispose();
        Assert.Same(_lost, fence.Error);
        Assert.Same(_lost, _timeline.GetFence(1).Error);
    }

    [Fact]
    public void Disposing_faults_pending_points_and_names_them()
    {
        Fence done = _timeline.Issue();
        _timeline.Signal(done);
        Fence pending = _timeline.Issue(3);
        RecordingCallback callback = new();
        pending.TryAddCallback(callback);

        _timeline.Dispose();

        Assert.Equal(FenceStatus.Signaled, done.Status);
        FenceAbandonedException error = Assert.IsType<FenceAbandonedException>(pending.Error);
        Assert.Equal("device", error.TimelineName);
        Assert.Contains("2..4", error.Message, StringComparison.Ordinal);
        Assert.Same(error, callback.Error);
    }

    [Fact]
    public void Disposing_releases_threads_and_tasks_that_wait()
    {
        Fence pending = _timeline.Issue();
        FenceStatus blocked = FenceStatus.Pending;
        TestThread thread = TestThread.Start(() => blocked = pending.Wait(Limit.Time));
        thread.UntilBlocked();
        Task<FenceStatus> task = WaitAsync();

        _timeline.Dispose();

        thread.Join();
        Assert.Equal(FenceStatus.Faulted, blocked);
        Assert.IsType<FenceAbandonedException>(Assert.ThrowsAny<Exception>(() => Limit.On(task)));

        async Task<FenceStatus> WaitAsync() => await pending;
    }

    [Fact]
    public void Disposing_twice_or_with_nothing_pending_changes_nothing()
    {
        Fence done = _timeline.Issue();
        _timeline.Signal(done);

        _timeline.Dispose();
        _timeline.Dispose();

        Assert.Equal(FenceStatus.Signaled, done.Status);
        Assert.Equal(done, _timeline.GetFence(1));
    }

    [Fact]
    public void A_disposed_timeline_issues_nothing_and_takes_no_signal()
    {
        Fence pending = _timeline.Issue();
        _timeline.Dispose();

        ObjectDisposedException error = Assert.Throws<ObjectDisposedException>(() => _timeline.Issue());
        Assert.Contains("device", error.ObjectName, StringComparison.Ordinal);
        Assert.Equal(error.ObjectName, Assert.Throws<ObjectDisposedException>(() => _timeline.Issue(2)).ObjectName);
        Assert.Equal(1UL, _timeline.Issued);
        Assert.False(_timeline.Signal(pending));
        Assert.False(_timeline.Poison(_lost));
        Assert.IsType<FenceAbandonedException>(pending.Error);
    }

    [Fact]
    public void Whatever_is_issued_while_the_timeline_is_being_disposed_is_complete_afterwards()
    {
        for (int round = 0; round < 100; round++)
        {
            FenceTimeline timeline = new("short");
            List<Fence> issued = [];
            TestThread.RunTogether(timeline.Dispose, () =>
            {
                try
                {
                    while (true)
                    {
                        issued.Add(timeline.Issue());
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            });

            Assert.DoesNotContain(issued, fence => fence.Status != FenceStatus.Faulted);
        }
    }
}
