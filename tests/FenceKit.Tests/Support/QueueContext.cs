// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Tests;

/// <summary>A SynchronizationContext whose work waits until the test runs it.</summary>
internal sealed class QueueContext : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = new();

    internal int Posted => _posted.Count;

    public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

    internal void RunAll()
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            while (_posted.TryDequeue(out (SendOrPostCallback Callback, object? State) work))
            {
                work.Callback(work.State);
            }
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs the body with this context as the current one.</summary>
    internal void Enter(Action body)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            body();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
