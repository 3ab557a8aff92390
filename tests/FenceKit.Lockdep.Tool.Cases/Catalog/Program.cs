// SPDX-License-Identifier: MIT
using Catalog;

// Ways to take locks that people have. Nothing hangs: one thread does one thing after the other.
switch (args.FirstOrDefault())
{
    case "bad":
        BadMonitors.Run();
        BadLocks.Run();
        BadCallbacks.Run();
        await BadFlows.RunAsync();
        BadWaits.Run();
        BadSignals.Run();
        BadSpins.Run();
        BadTypes.Run();
        BadGiven.Run();
        await BadTasks.RunAsync();
        await BadHandles.RunAsync();
        await BadStreams.RunAsync();
        Console.WriteLine("bad: all paths were run");
        return 0;
    case "good":
        Good.Run();
        await Good.RunAsync();
        await GoodSignals.RunAsync();
        GoodTypes.Run();
        GoodGiven.Run();
        await GoodHandles.RunAsync();
        await GoodStreams.RunAsync();
        Console.WriteLine("good: all paths were run");
        return 0;
    case "old-readers":
        OldReaderModes.Run();
        return 0;
    case "unseen":
        await Unseen.RunAsync();
        Console.WriteLine("unseen: all paths were run");
        return 0;
    case "hang":
        Hangs.Monitors();
        return 0;
    case "hang-async":
        await Hangs.SemaphoresAsync();
        return 0;
    case "hang-work":
        Hangs.Work(args[1]);
        return 0;
    case "many":
        Many.Run(10_000);
        Console.WriteLine("many: all paths were run");
        return 0;
    case "exit":
        BadMonitors.Run();
        Environment.Exit(7);
        return 0;
    case "kill":
        BadMonitors.Run();
        System.Diagnostics.Process.GetCurrentProcess().Kill();
        return 0;
    case "child": // of which nobody will hear
        using (var child = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(Environment.ProcessPath!, [typeof(Good).Assembly.Location, "kill-good"]))!)
        {
            child.WaitForExit();
        }

        return 0;
    case "child-without-hooks": // as of a program that sets hooks of its own for its children
        var unhooked = new System.Diagnostics.ProcessStartInfo(Environment.ProcessPath!, [typeof(Good).Assembly.Location, "bad"]);
        unhooked.Environment.Remove("DOTNET_STARTUP_HOOKS");
        using (var child = System.Diagnostics.Process.Start(unhooked)!)
        {
            child.WaitForExit();
            return child.ExitCode;
        }

    case "kill-good":
        Good.Run();
        System.Diagnostics.Process.GetCurrentProcess().Kill();
        return 0;
    case "kill-at-once":
        System.Diagnostics.Process.GetCurrentProcess().Kill();
        return 0;
    case "wait":
        BadMonitors.Run();
        Console.WriteLine(Environment.ProcessId);
        Thread.Sleep(Timeout.Infinite);
        return 0;
    case "plugin":
        Plugin.Run(args[1], args[2]);
        return 0;
    case "throw":
        BadMonitors.Run();
        throw new InvalidOperationException("on purpose");
    case "arguments":
        Console.WriteLine(string.Join('|', args));
        return 0;
    default:
        Console.Error.WriteLine("bad, good, old-readers, unseen, hang, hang-async, hang-work, many, exit, kill, child, child-without-hooks, kill-good, kill-at-once, wait, plugin, throw or arguments");
        return 2;
}
