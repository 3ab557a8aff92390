// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Contract.Probe;

/// <summary>
/// The hot paths, for a look at their machine code: as it is compiled again once it is hot (<c>hot</c>), and fully optimized from the
/// first call on (the same with <c>DOTNET_TieredCompilation=0</c>).
/// <c>DOTNET_JitDisasm="IsSignaledOf SignalOf IssueOf LockOf" dotnet FenceKit.Contract.Probe.dll hot</c>.
/// </summary>
internal static class HotPaths
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    internal static int Run()
    {
        if (FenceContract.IsChecked)
        {
            return 1;
        }

        bool isTiered = Environment.GetEnvironmentVariable("DOTNET_TieredCompilation") != "0";
        using TierWatch watch = new();
        long end = Environment.TickCount64 + (long)s_limit.TotalMilliseconds;
        int signaled = 0;
        do
        {
            signaled += Use();
        }
        while (isTiered && Environment.TickCount64 < end && !watch.HasSeen(
            "HotPaths.IsSignaledOf", "HotPaths.SignalOf", "HotPaths.IssueOf", "HotPaths.LockOf", "FenceTimeline.Issue", "WoundWaitLock.Unlock", "WoundWaitLock.EnterCore"));
        Console.WriteLine($"{signaled} signaled");
        return 0;
    }

    private static int Use()
    {
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

        return signaled;
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
