// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Contract.Probe;

/// <summary>
/// The hot paths, for a look at their machine code. Optimized from the first call on, which comes after the switch was read, as in code that is compiled again once it is hot:
/// <c>DOTNET_TieredCompilation=0 DOTNET_JitDisasm="IsSignaledOf SignalOf IssueOf LockOf Lock Unlock" dotnet FenceKit.Contract.Probe.dll hot</c>.
/// </summary>
internal static class HotPaths
{
    internal static int Run()
    {
        if (FenceContract.IsChecked)
        {
            return 1;
        }

        FenceTimeline timeline = new("hot");
        WoundWaitClass lockClass = new("hot");
        WoundWaitLock one = new(lockClass);
        using WoundWaitContext context = new(lockClass);
        int signaled = 0;
        for (int round = 0; round < 1_000; round++)
        {
            Fence fence = IssueOf(timeline);
            LockOf(one, context);
            signaled += SignalOf(timeline, fence) && IsSignaledOf(fence) ? 1 : 0;
        }

        Console.WriteLine($"{signaled} signaled");
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsSignaledOf(Fence fence) => fence.IsSignaled;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LockOf(WoundWaitLock one, WoundWaitContext context)
    {
        one.Lock(context);
        one.Unlock(context);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool SignalOf(FenceTimeline timeline, Fence fence) => timeline.Signal(fence);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Fence IssueOf(FenceTimeline timeline) => timeline.Issue();
}
