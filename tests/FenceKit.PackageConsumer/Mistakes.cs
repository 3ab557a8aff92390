// SPDX-License-Identifier: MIT
// Not compiled unless asked for: .ci/consume expects a finding of the analyzers on each marked line, and none of the other file.
#if HAS_FENCES
using FenceKit;
#endif
using FenceKit.Lockdep;

internal sealed class Mistakes
{
    private readonly TrackedLock _gate = new();

    internal void OfTheValidator()
    {
        lock (_gate) // FK0001
        {
        }
    }

#if HAS_FENCES
    internal static void OfFences(Fence fence)
    {
        fence.Wait(TimeSpan.FromSeconds(1)); // FK0002
    }
#endif
}
