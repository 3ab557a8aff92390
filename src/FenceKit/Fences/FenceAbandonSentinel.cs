// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// Dies with its timeline. A finalizer of its own, so that the class which drivers derive from needs none, and so that a disposed
/// timeline costs the garbage collector nothing.
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
