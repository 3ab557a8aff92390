// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;

namespace FenceKit.Tests.Fences;

/// <summary>A callback that throws stops nobody, and does not go unnoticed. Alone, because event and counter belong to the process.</summary>
[Collection(AloneCollection.Name)]
public sealed class CallbackFaultTests : IDisposable
{
    private readonly FenceTimeline _timeline = new("faulty device");
    private readonly List<FenceCallbackFaultedEventArgs> _reports = [];
    private readonly long _faultsBefore = FenceTimeline.CallbackFaults;

    public CallbackFaultTests() => FenceTimeline.CallbackFaulted += Record;

    public void Dispose()
    {
        FenceTimeline.CallbackFaulted -= Record;
        _timeline.Dispose();
    }

    [Fact]
    public void A_throwing_callback_is_reported_and_the_others_and_the_signaler_go_on()
    {
        Fence fence = _timeline.Issue();
        NotSupportedException error = new("callback");
        RecordingCallback before = new();
        RecordingCallback throwing = new(() => throw error);
        RecordingCallback after = new();
        foreach (RecordingCallback callback in new[] { before, throwing, after })
        {
            fence.TryAddCallback(callback);
        }

        Assert.True(_timeline.Signal(fence));

        Assert.Equal((1, 1), (before.Calls, after.Calls));
        FenceCallbackFaultedEventArgs report = Assert.Single(_reports);
        Assert.Same(throwing, report.Callback);
        Assert.Same(error, report.Exception);
        Assert.Equal(("faulty device", 1UL), (report.TimelineName, report.Point));
        Assert.Equal(1, FenceTimeline.CallbackFaults - _faultsBefore);
        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Equal(FenceCallbackRemoval.Finished, fence.TryRemoveCallback(throwing));
    }

    [Fact]
    public void A_handler_that_throws_stops_neither_callbacks_nor_other_handlers()
    {
        FenceTimeline.CallbackFaulted -= Record;
        Fence fence = _timeline.Issue();
        RecordingCallback after = new();
        fence.TryAddCallback(new RecordingCallback(() => throw new NotSupportedException()));
        fence.TryAddCallback(after);
        FenceTimeline.CallbackFaulted += Throw;
        FenceTimeline.CallbackFaulted += Record;
        try
        {
            Assert.True(_timeline.Signal(fence));
        }
        finally
        {
            FenceTimeline.CallbackFaulted -= Throw;
        }

        Assert.Equal(1, after.Calls);
        Assert.Single(_reports);
        Assert.Equal(1, FenceTimeline.CallbackFaults - _faultsBefore);

        static void Throw(object? sender, FenceCallbackFaultedEventArgs report) => throw new InvalidOperationException("handler");
    }

    [Fact]
    public void The_fault_is_counted_when_nobody_listens()
    {
        FenceTimeline.CallbackFaulted -= Record;
        Fence fence = _timeline.Issue();
        fence.TryAddCallback(new RecordingCallback(() => throw new NotSupportedException()));

        _timeline.Signal(fence);

        Assert.Equal(1, FenceTimeline.CallbackFaults - _faultsBefore);
        Assert.Empty(_reports);
    }

    [Fact]
    public void A_callback_that_adds_itself_again_and_then_throws_waits_for_the_new_fence()
    {
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        RecordingCallback callback = null!;
        callback = new RecordingCallback(() =>
        {
            if (second.TryAddCallback(callback))
            {
                throw new NotSupportedException();
            }
        });
        first.TryAddCallback(callback);

        _timeline.Signal(first);
        Assert.Equal(1UL, Assert.Single(_reports).Point);
        _timeline.Signal(second);
        Assert.Equal(2, callback.Calls);
    }

    [Fact]
    public void An_event_tells_the_trace_of_the_throwing_callback()
    {
        using Listener listener = new();
        Fence fence = _timeline.Issue();
        fence.TryAddCallback(new RecordingCallback(() => throw new NotSupportedException("in the trace")));

        _timeline.Signal(fence);

        EventWrittenEventArgs written = Assert.Single(listener.Events);
        Assert.Equal("CallbackFaulted", written.EventName);
        Assert.Equal("faulty device", written.Payload![0]);
        Assert.Equal("1", written.Payload![1]);
        Assert.Contains("in the trace", (string)written.Payload![2]!, StringComparison.Ordinal);
    }

    private void Record(object? sender, FenceCallbackFaultedEventArgs report)
    {
        Assert.Same(_timeline, sender);
        _reports.Add(report);
    }

    private sealed class Listener : EventListener
    {
        internal List<EventWrittenEventArgs> Events { get; } = [];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "FenceKit")
            {
                EnableEvents(eventSource, EventLevel.Error);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Events?.Add(eventData);
    }
}
