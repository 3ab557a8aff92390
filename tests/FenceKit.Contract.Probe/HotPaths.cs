// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Contract.Probe;

/// <summary>
/// The hot paths, hot, for a look at their machine code:
/// <c>DOTNET_JitDisasm="IsSignaledOf SignalOf IssueOf LockOf Lock Unlock" dotnet FenceKit.Contract.Probe.dll hot</c>.
/// </summary>
internal static class HotPaths
{
    internal static int Run()
    {
        FenceTimeline timeline = new("hot");
        WoundWaitClass lockClass = new("hot");
        WoundWaitLock one = new(lockClass);
        using WoundWaitContext context = new(lockClass);
        int signaled = 0;
        for (int round = 0; round < 200_000; round++)
        {
            Fence fence = IssueOf(timeline);
            LockOf(one, context);
            signaled += SignalOf(timeline, fence) && IsSignaledOf(fence) ? 1 : 0;
            if (round % 50_000 == 0)
            {
                Thread.Sleep(200); // the optimizing compiler works in the background
            }
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
