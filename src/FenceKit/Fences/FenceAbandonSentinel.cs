// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// Has the finalizer of a timeline, which faults pending fences when the timeline is collected. A separate object, so that the class from
/// which drivers derive has no finalizer, and a disposed timeline costs the garbage collector nothing.
/// </summary>
internal sealed class FenceAbandonSentinel(FenceTimeline timeline) : IDisposable
{
    private readonly FenceRegistry.Entry _metered = FenceRegistry.Enter(timeline);

    ~FenceAbandonSentinel()
    {
        timeline.OnCollected();
        FenceRegistry.Leave(_metered, timeline);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        FenceRegistry.Leave(_metered, timeline);
    }
}
