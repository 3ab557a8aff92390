// SPDX-License-Identifier: MIT
using Published;

// Deadlocks that were published for packages and frameworks, each as a small program after its description, with the names of the original, as it was and as it was
// mended. One thread, or one flow, goes the ways of the deadlock one after the other, so that nothing hangs.
string name = args[0];
bool isMended = args[1] == "mended";
switch (name)
{
    case "RateLimiting": RateLimiting.Run(isMended); break;
    case "NodaTime": NodaTimePatterns.Run(isMended); break;
    case "Npgsql": NpgsqlPool.Run(isMended); break;
    case "Redis": RedisConnection.Run(isMended); break;
    case "EventListener": EventListeners.Run(isMended); break;
    case "DispatchTask": DispatchTasks.Run(isMended); break;
    case "Orleans": await GrainTimers.RunAsync(isMended); break;
    case "QuickTick": QuickTicks.Run(isMended); break;
    case "Grpc": GrpcCalls.Run(isMended); break;
    case "TerminalGui": Timeouts.Run(isMended); break;
    case "SqlClient": await BulkCopies.RunAsync(isMended); break;
    case "Metrics": MetricInstruments.Run(isMended); break;
    default: Console.Error.WriteLine($"There is no {name}."); return 2;
}

Console.WriteLine($"{name}: all paths were run");
return 0;
