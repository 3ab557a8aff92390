// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Adding callbacks, and the order in which they run.</summary>
public class CallbackTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact] // Kernel scenario 3, add_callback.
    public void A_callback_on_a_pending_fence_has_run_when_signal_returns()
    {
        Fence fence = _timeline.Issue();
        RecordingCallback callback = new();

        Assert.True(fence.TryAddCallback(callback));
        Assert.Equal(0, callback.Calls);
        _timeline.Signal(fence);
        Assert.Equal(1, callback.Calls);
        Assert.Equal(FenceStatus.Signaled, callback.Status);
        Assert.Null(callback.Error);
        Assert.Equal(Environment.CurrentManagedThreadId, callback.ThreadId);
    }

    [Fact] // Kernel scenario 4, late_add_callback.
    public void Adding_to_a_signaled_fence_is_refused_and_the_callback_never_runs()
    {
        Fence fence = _timeline.Issue();
        _timeline.Signal(fence);
        RecordingCallback callback = new();

        Assert.False(fence.TryAddCallback(callback));
        Assert.False(default(Fence).TryAddCallback(callback));
        Assert.False(_timeline.Signal(fence));
        _timeline.Signal(_timeline.Issue());
        Assert.Equal(0, callback.Calls);
        Assert.Equal(FenceCallbackRemoval.NotAdded, fence.TryRemoveCallback(callback));
    }

    [Fact]
    public void A_callback_gets_the_fault_of_its_fence()
    {
        Fence fence = _timeline.Issue();
        RecordingCallback callback = new();
        InvalidOperationException error = new("I/O");
        fence.TryAddCallback(callback);

        _timeline.Signal(fence, error);

        Assert.Equal(FenceStatus.Faulted, callback.Status);
        Assert.Same(error, callback.Error);
    }

    [Fact]
    public void A_callback_sees_its_fence_complete_and_its_outcome_fixed()
    {
        Fence fence = _timeline.Issue();
        InvalidOperationException error = new("I/O");
        (bool IsSignaled, Exception? Error) seen = default;
        fence.TryAddCallback(new RecordingCallback(() => seen = (fence.IsSignaled, fence.Error)));

        _timeline.Signal(fence, error);

        Assert.Equal((true, error), seen);
    }

    [Fact]
    public void Only_callbacks_up_to_the_signaled_point_run()
    {
        _timeline.Issue(3);
        RecordingCallback[] callbacks = [new(), new(), new()];
        for (int i = 0; i < callbacks.Length; i++)
        {
            _timeline.GetFence((ulong)i + 1).TryAddCallback(callbacks[i]);
        }

        _timeline.Signal(2);
        Assert.Equal([1, 1, 0], callbacks.Select(callback => callback.Calls));
        _timeline.Signal(3);
        Assert.Equal([1, 1, 1], callbacks.Select(callback => callback.Calls));
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void Callbacks_run_in_order_of_points_and_first_come_first_served_within_a_point(int seed)
    {
        const int Points = 40;
        const int Callbacks = 400;
        Random random = new(seed);
        _timeline.Issue(Points);
        List<(ulong Point, int Added)> ran = [];
        List<(ulong Point, int Added)> added = [];
        for (int i = 0; i < Callbacks; i++)
        {
            (ulong Point, int Added) key = ((ulong)random.Next(1, Points + 1), i);
            added.Add(key);
            Assert.True(_timeline.GetFence(key.Point).TryAddCallback(new RecordingCallback(() => ran.Add(key))));
        }

        for (ulong point = 7; point < Points; point += 7)
        {
            _timeline.Signal(point);
            Assert.Equal(added.Where(key => key.Point <= point).Order(), ran);
        }

        _timeline.Signal(Points);
        Assert.Equal(added.Order(), ran);
    }

    [Fact]
    public void Adding_in_rising_and_in_falling_order_of_points_gives_the_same_order_of_calls()
    {
        List<ulong> ran = [];
        foreach (bool rising in new[] { true, false })
        {
            ran.Clear();
            ulong first = _timeline.Issued + 1;
            Fence last = _timeline.Issue(100);
            IEnumerable<ulong> points = Enumerable.Range(0, 100).Select(i => first + (ulong)i);
            foreach (ulong point in rising ? points : points.Reverse())
            {
                _timeline.GetFence(point).TryAddCallback(new RecordingCallback(() => ran.Add(point)));
            }

            _timeline.Signal(last);
            Assert.Equal(points, ran);
        }
    }

    [Fact]
    public void Adding_a_callback_that_waits_already_throws_and_it_goes_on_waiting_where_it_was()
    {
        Fence fence = _timeline.Issue();
        using FenceTimeline other = new("other");
        Fence elsewhere = other.Issue();
        RecordingCallback callback = new();
        fence.TryAddCallback(callback);

        Assert.Throws<InvalidOperationException>(() => elsewhere.TryAddCallback(callback));
        Assert.Throws<InvalidOperationException>(() => fence.TryAddCallback(callback));
        other.Signal(elsewhere);
        Assert.Equal(0, callback.Calls);
        _timeline.Signal(fence);
        Assert.Equal(1, callback.Calls);
    }

    [Fact]
    public void A_callback_that_has_run_can_be_added_again()
    {
        RecordingCallback callback = new();

        for (int round = 1; round <= 5; round++)
        {
            Assert.True(_timeline.Issue().TryAddCallback(callback));
            _timeline.Signal(_timeline.Issued);
            Assert.Equal(round, callback.Calls);
        }
    }

    [Fact]
    public void The_debugger_says_what_a_callback_is_doing()
    {
        Fence fence = _timeline.Issue();
        List<string> texts = [];
        RecordingCallback callback = null!;
        callback = new RecordingCallback(() => texts.Add(DebuggerText.Of(callback)));

        texts.Add(DebuggerText.Of(callback));
        fence.TryAddCallback(callback);
        texts.Add(DebuggerText.Of(callback));
        _timeline.Signal(fence);
        texts.Add(DebuggerText.Of(callback));

        Assert.Equal(
            [
                "RecordingCallback: idle", "RecordingCallback: waits for device:1",
                "RecordingCallback: running (Signaled)", "RecordingCallback: finished (Signaled)",
            ],
            texts);
    }
}
