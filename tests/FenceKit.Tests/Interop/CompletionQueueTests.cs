// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Interop;

/// <summary>Completions as a stream.</summary>
public sealed class CompletionQueueTests : IDisposable
{
    private readonly FenceTimeline _timeline = new("device");
    private readonly FenceCompletionQueue _queue = new(3);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Completions_come_with_tag_and_outcome_in_the_order_in_which_the_fences_completed()
    {
        InvalidOperationException error = new();
        Fence[] fences = [_timeline.Issue(), _timeline.Issue()];
        Assert.True(_queue.TryWatch(fences[1], 11));
        Assert.True(_queue.TryWatch(fences[0], 10));
        Assert.False(_queue.Reader.TryRead(out _));
        _timeline.Signal(1);
        _timeline.Signal(2, error);
        Assert.True(_queue.TryWatch(default, 12));

        Assert.True(_queue.Reader.TryPeek(out FenceCompletion peeked));
        Assert.Equal(new FenceCompletion(fences[0], 10, FenceStatus.Signaled, null), peeked);
        Assert.Equal(3, _queue.Reader.Count);
        Assert.Equal([10UL, 11UL, 12UL], Read(3).Select(completion => completion.Tag));
        Assert.Equal(0, _queue.InUse);
    }

    [Fact]
    public void Full_is_a_status_and_a_completion_that_nobody_reads_is_not_lost()
    {
        Fence last = _timeline.Issue(5);
        for (ulong i = 1; i <= 3; i++)
        {
            Assert.True(_queue.TryWatch(_timeline.GetFence(i), i));
        }

        Assert.False(_queue.TryWatch(last));
        _timeline.Signal(last);
        Assert.False(_queue.TryWatch(last)); // complete, but its place is taken until it was read
        Assert.Equal([1UL], Read(1).Select(completion => completion.Tag));
        Assert.True(_queue.TryWatch(last, 4));
        Assert.Equal([2UL, 3UL, 4UL], Read(3).Select(completion => completion.Tag));
    }

    [Fact]
    public async Task A_reader_can_wait()
    {
        ValueTask<FenceCompletion> read = _queue.Reader.ReadAsync();
        Assert.True(_queue.TryWatch(_timeline.Issue(), 7));
        Assert.False(read.IsCompleted);
        _timeline.Signal(1);
        Assert.Equal(7UL, (await Limit.OnAsync(read.AsTask())).Tag);
    }

    [Fact]
    public void Disposing_stops_watching_and_leaves_what_has_completed_to_be_read()
    {
        Assert.True(_queue.TryWatch(default, 1));
        Assert.True(_queue.TryWatch(_timeline.Issue(), 2));
        _queue.Dispose();
        Assert.False(_timeline.HasCallbacks());
        _timeline.Signal(1);
        Assert.Equal([1UL], Read(1).Select(completion => completion.Tag));
        Limit.On(_queue.Reader.Completion);
        Assert.Throws<ObjectDisposedException>(() => _queue.TryWatch(default));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => new FenceCompletionQueue(0));
    }

    [Fact]
    public void Watching_signaling_and_reading_allocates_nothing() => Assert.Equal(0, Allocation.Of(() =>
    {
        Fence fence = _timeline.Issue();
        _queue.TryWatch(fence);
        _timeline.Signal(fence);
        _queue.Reader.TryRead(out _);
    }));

    [Fact]
    public void No_completion_is_lost_or_doubled_between_watchers_signalers_and_readers()
    {
        const int Each = 20_000;
        FenceTimeline[] timelines = [new("a"), new("b")];
        int[] read = new int[2];
        int refused = 0;
        using FenceCompletionQueue queue = new(2);
        TestThread.RunTogether(
            () => Produce(0),
            () => Produce(1),
            () =>
            {
                for (int i = 0; i < 2 * Each; i++)
                {
                    FenceCompletion completion = default;
                    Limit.Until(() => queue.Reader.TryRead(out completion), "The next completion");
                    Assert.Equal(FenceStatus.Signaled, completion.Status);
                    read[completion.Tag]++;
                }
            });
        Assert.Equal([Each, Each], read);
        Assert.Equal(0, queue.InUse);
        Assert.True(refused > 0, "The queue was full now and then.");

        void Produce(int who)
        {
            for (int i = 0; i < Each; i++)
            {
                Fence fence = timelines[who].Issue();
                SpinWait spin = default;
                while (!queue.TryWatch(fence, (ulong)who))
                {
                    Interlocked.Increment(ref refused);
                    spin.SpinOnce(-1);
                }

                timelines[who].Signal(fence);
            }
        }
    }

    private List<FenceCompletion> Read(int count)
    {
        List<FenceCompletion> read = [];
        while (read.Count < count)
        {
            Assert.True(_queue.Reader.TryRead(out FenceCompletion completion));
            read.Add(completion);
        }

        return read;
    }
}
