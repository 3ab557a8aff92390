// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Dies with its timeline. A finalizer of its own, so that the class which drivers derive from needs none, and so that a disposed
/// timeline costs the garbage collector nothing.
/// </summary>
internal sealed class FenceAbandonSentinel(FenceTimeline timeline) : IDisposable
{
    ~FenceAbandonSentinel() => timeline.OnCollected();

    public void Dispose() => GC.SuppressFinalize(this);
}
