// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Simulation;

/// <summary>One thread that wants pages gone: held until it is let go, and gone when it says so by <see cref="Dispose"/>.</summary>
internal sealed class SimulatedDiscard(PageRange pages) : IDisposable
{
    private readonly ManualResetEventSlim _released = new();
    private readonly ManualResetEventSlim _done = new();

    public PageRange Pages { get; } = pages;

    public void WaitUntilReleased(WaitHandle orThis) => WaitHandle.WaitAny([_released.WaitHandle, orThis]);

    public void Release() => _released.Set();

    public void WaitUntilDone() => _done.Wait();

    /// <summary>The pages are gone.</summary>
    public void Dispose() => _done.Set();
}
