// SPDX-License-Identifier: MIT
// NLog#1203 and its kin: a target that asks for a logger while it writes, and a reconfiguration, which locks the targets.
using NLog;
using NLog.Config;
using NLog.Targets;

var factory = new LogFactory();
var configuration = new LoggingConfiguration(factory);
var target = new AskingTarget(factory) { Name = "asking" };
configuration.AddTarget(target);
configuration.AddRule(LogLevel.Trace, LogLevel.Fatal, target);
factory.Configuration = configuration;
factory.GetLogger("first").Info("hello");
factory.ReconfigExistingLoggers();
Console.WriteLine($"written: {target.Written}");
factory.Shutdown();

internal sealed class AskingTarget(LogFactory factory) : TargetWithLayout
{
    public int Written { get; private set; }

    protected override void Write(LogEventInfo logEvent)
    {
        Written++;
        factory.GetLogger("named by what is written: " + Written);
    }
}
