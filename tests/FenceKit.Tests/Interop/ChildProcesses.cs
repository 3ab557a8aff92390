// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit;

/// <summary>Called by the runtime before Main when DOTNET_STARTUP_HOOKS names this assembly: the children of the cross-process tests.</summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        string[] work = Environment.GetEnvironmentVariable(ChildProcesses.Variable)?.Split(' ') ?? [];
        switch (work)
        {
            case ["descriptors"]:
                ChildDescriptors.Run();
                break;
            case ["produce"]:
                ChildProcesses.Produce();
                break;
            case ["wait", string process, string descriptor]:
                ChildProcesses.Wait(int.Parse(process, CultureInfo.InvariantCulture), int.Parse(descriptor, CultureInfo.InvariantCulture));
                break;
        }
    }
}

/// <summary>What the children do; they talk to the test by their standard input and output, a line at a time.</summary>
internal static class ChildProcesses
{
    internal const string Variable = "FENCEKIT_TEST_CHILD";

    /// <summary>Issues two points, signals the first when told to, and owes the second until it is killed.</summary>
    internal static void Produce()
    {
        using SharedFenceTimeline timeline = SharedFenceTimeline.Create("child");
        Fence first = timeline.Issue();
        timeline.Issue();
        Console.WriteLine(timeline.Descriptor);
        if (Console.ReadLine() == "signal")
        {
            timeline.Signal(first);
            Console.ReadLine();
        }
    }

    /// <summary>Waits for two points of its parent, one after the other, and says what came of them.</summary>
    internal static void Wait(int process, int descriptor)
    {
        using SharedFenceTimeline timeline = SharedFenceTimeline.Open("parent", process, descriptor);
        for (ulong point = 1; point <= 2; point++)
        {
            Fence fence = timeline.GetFence(point);
            Console.WriteLine($"waiting {fence.Status}");
            FenceStatus status = fence.Wait(TimeSpan.FromSeconds(90));
            Console.WriteLine($"{status} {fence.Error?.GetType().Name}".TrimEnd());
        }

        Console.ReadLine();
    }
}
