// SPDX-License-Identifier: MIT
using FenceKit;

/// <summary>Called by the runtime before Main when DOTNET_STARTUP_HOOKS names this assembly: the child of the cross-process test.</summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(ChildProducer.Variable) is { } path)
        {
            ChildProducer.Run(path);
        }
    }
}

/// <summary>Issues two points, signals the first when told to, and owes the second until it is killed.</summary>
internal static class ChildProducer
{
    internal const string Variable = "FENCEKIT_TEST_CHILD";

    internal static void Run(string path)
    {
        using SharedFenceTimeline timeline = SharedFenceTimeline.Create(path);
        Fence first = timeline.Issue();
        timeline.Issue();
        Console.WriteLine("issued");
        if (Console.ReadLine() == "signal")
        {
            timeline.Signal(first);
            Console.ReadLine();
        }
    }
}
