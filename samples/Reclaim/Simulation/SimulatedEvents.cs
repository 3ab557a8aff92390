// SPDX-License-Identifier: MIT

using System.Collections.Concurrent;
using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Simulation;

/// <summary>The hold pattern of userfaultfd without the kernel: looking at an event releases nobody, acknowledging it does.</summary>
internal sealed class SimulatedEvents : IDiscardEvents
{
    private readonly BlockingCollection<SimulatedDiscard>[] _held;
    private readonly SimulatedDiscard?[] _current;
    private readonly ManualResetEventSlim _abandoned = new();

    public SimulatedEvents(SimulatedMemory memory)
    {
        _held = [.. Enumerable.Range(0, memory.Buffers).Select(static _ => new BlockingCollection<SimulatedDiscard>())];
        _current = new SimulatedDiscard?[memory.Buffers];
        memory.Watch(this);
    }

    /// <summary>Called by the one who discards; returns when he may.</summary>
    public SimulatedDiscard Hold(PageRange pages)
    {
        var discard = new SimulatedDiscard(pages);
        _held[pages.Buffer].Add(discard);
        discard.WaitUntilReleased(_abandoned.WaitHandle);
        return discard;
    }

    public bool Wait(int buffer) => _held[buffer].TryTake(out _current[buffer], Timeout.Infinite);

    public PageRange Acknowledge(int buffer)
    {
        SimulatedDiscard discard = Interlocked.Exchange(ref _current[buffer], null)
            ?? throw new InvalidOperationException($"Buffer {buffer} has no event to acknowledge.");
        discard.Release();
        discard.WaitUntilDone();
        return discard.Pages;
    }

    public void Stop() => Array.ForEach(_held, static held => held.CompleteAdding());

    public void Abandon() => _abandoned.Set();

    public void Dispose()
    {
        Abandon();
        Array.ForEach(_held, static held => held.Dispose());
    }
}
