// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>A callback that counts its calls, keeps the last outcome, and then does what the test wants.</summary>
internal sealed class RecordingCallback(Action? then = null) : FenceCallback
{
    private int _calls;

    internal int Calls => Volatile.Read(ref _calls);

    internal FenceStatus Status { get; private set; }

    internal Exception? Error { get; private set; }

    internal int ThreadId { get; private set; }

    protected override void OnSignaled(FenceStatus status, Exception? fault) => Record(status, fault);

    internal void Record(FenceStatus status, Exception? fault)
    {
        Status = status;
        Error = fault;
        ThreadId = Environment.CurrentManagedThreadId;
        Interlocked.Increment(ref _calls);
        then?.Invoke();
    }
}
