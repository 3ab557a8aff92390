// SPDX-License-Identifier: MIT
namespace FenceKit;

// For those who signal under a lock of their own: callbacks must not run there.
public partial class FenceTimeline
{
    /// <summary>Completes every point up to <paramref name="point"/> if nobody waits for any.</summary>
    /// <returns>False when somebody waits, when somebody is just coming to wait, or when it is complete already: then nothing has happened.</returns>
    internal bool TrySignalQuietly(ulong point)
    {
        ulong target = TimelineState.TargetOf(point);
        ulong state = Volatile.Read(ref _hot.State);

        // Release for what the producer wrote before, as in SignalCore.
        return TimelineState.IsQuiet(state)
            && !TimelineState.HasReached(state, target)
            && Interlocked.CompareExchange(ref _hot.State, target, state) == state;
    }
}
