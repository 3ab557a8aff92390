// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Tests;

/// <summary>A driver whose callback does what the test says, and hands back a fence of its own.</summary>
internal sealed class Driver(string name, Action? whenCalled = null) : IInvalidationSubscriber
{
    internal FenceTimeline Timeline { get; } = new(name);

    internal Fence Handed { get; private set; }

    internal Action? WhenCalled { get; set; } = whenCalled;

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        WhenCalled?.Invoke();
        fence = Handed = Timeline.Issue();
        return true;
    }

    /// <summary>What the driver's worker does: it ends with the signal.</summary>
    internal void Work(Action? onTheWay = null)
    {
        using (Timeline.BeginSignaling())
        {
            onTheWay?.Invoke();
            Timeline.Signal(Timeline.Issued);
        }
    }
}

/// <summary>A callback that does what the test says.</summary>
internal sealed class Callback(Action action) : FenceCallback
{
    protected override void OnSignaled(FenceStatus status, Exception? fault) => action();
}
