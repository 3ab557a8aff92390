// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>What a <see cref="FakeDevice"/> answers when it is told to let go.</summary>
internal enum DeviceAnswer
{
    Done,
    Pending,
    Refuse,
    Throw,
}

/// <summary>A subscriber that counts its calls and answers as it was told to. It signals when the test says so.</summary>
internal sealed class FakeDevice(DeviceAnswer answer = DeviceAnswer.Done, string name = "device", FenceTimelineOptions? options = null)
    : IInvalidationSubscriber
{
    private int _calls;

    internal FenceTimeline Timeline { get; } = new(name, options);

    internal DeviceAnswer Answer { get; set; } = answer;

    /// <summary>Runs inside the callback, before the answer.</summary>
    internal Action? WhenCalled { get; set; }

    internal InvalidationRequest LastRequest { get; private set; }

    internal int Calls => Volatile.Read(ref _calls);

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        Interlocked.Increment(ref _calls);
        LastRequest = request;
        WhenCalled?.Invoke();
        if (Answer == DeviceAnswer.Throw)
        {
            throw new NotSupportedException("driver");
        }

        fence = Answer == DeviceAnswer.Pending ? Timeline.Issue() : default;
        return Answer != DeviceAnswer.Refuse;
    }

    /// <summary>Everything that was asked of the device is done.</summary>
    internal void Finish() => Timeline.Signal(Timeline.Issued);
}
