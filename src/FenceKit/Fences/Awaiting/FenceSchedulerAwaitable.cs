// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A fence together with the scheduler that the code after its <c>await</c> runs on; see <see cref="Fence.ConfigureAwait(TaskScheduler)"/>.</summary>
[DebuggerDisplay("waits for {_fence}")]
public readonly struct FenceSchedulerAwaitable
{
    private readonly Fence _fence;
    private readonly FencePlace _place;

    internal FenceSchedulerAwaitable(Fence fence, TaskScheduler scheduler)
    {
        _fence = fence;
        _place = FencePlace.On(scheduler);
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceSchedulerAwaiter GetAwaiter() => new(_fence, _place);
}
