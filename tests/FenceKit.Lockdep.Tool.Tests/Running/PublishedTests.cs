// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>Deadlocks that were published, each as a small program with the names of the original, as it was and as it was mended.</summary>
public sealed class PublishedTests : IDisposable
{
    private static readonly string s_program = Programs.Case("Published");
    private readonly ToolProcess _tool = new();
    private readonly string _report = Path.GetTempFileName();

    public static TheoryData<string, string> Names => new()
    {
        { "RateLimiting", "System.Threading.RateLimiting.ConcurrencyLimiter._queue, callback System.Threading.RateLimiting.ConcurrencyLimiter.Acquire (lambda)" },
        { "NodaTime", "NodaTime.Text.Cache<>.mutex, static constructor of NodaTime.Text.LocalDateTimePattern.Patterns" },
        { "Npgsql", "Npgsql.NpgsqlConnectorPool._queue, Npgsql.NpgsqlConnectorPool.locker" },
        { "Redis", "StackExchange.Redis.PhysicalConnection._writtenAwaitingResponse, StackExchange.Redis.SimpleResultBox" },
        { "EventListener", "System.Diagnostics.Tracing.EventListener.EventListenersLock, System.Diagnostics.Tracing.EventPipeEventDispatcher.m_dispatchControlLock" },
        { "DispatchTask", "System.Diagnostics.Tracing.EventListener.EventListenersLock" },
        { "Orleans", "Orleans.Runtime.ActivationData._activationLock, Orleans.Runtime.GrainTimer._timerLock" },
        { "QuickTick", "QuickTickLib.QuickTickTimerImplementation.stateLock" },
        { "Grpc", "Grpc.Net.Client.Internal.Retry.RetryCall.Lock, callback Grpc.Net.Client.Internal.Retry.GrpcCall.RegisterCancellation (lambda)" },
        { "TerminalGui", "Terminal.Gui.App.TimedEvents._timeoutsLockToken" },
        { "SqlClient", "Microsoft.Data.SqlClient.SqlConnection._parserLock" },
        { "Metrics", "System.Diagnostics.Metrics.Instrument.SyncObject, static constructor of System.Diagnostics.Metrics.MeterListener" },
    };

    public void Dispose()
    {
        File.Delete(_report);
        _tool.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_found_on_a_harmless_run_and_what_was_mended_is_silent(string name, string classes)
    {
        ToolRun run = Run(name, "buggy");
        Assert.Equal(ExitCodes.Found, run.ExitCode);
        LockViolation found = Assert.Single(Report().Violations);
        Assert.Equal(classes, string.Join(", ", found.ClassNames.Order(StringComparer.Ordinal)));
        Assert.True(found.Confidence >= LockConfidence.Likely);

        Assert.True(Run(name, "mended").ExitCode == ExitCodes.Clean, run.Error);
        Assert.Empty(Report().Violations);
    }

    // Each has a line in the documents, with its issue, and nothing is claimed that is not here.
    [Fact]
    public void Each_of_them_and_no_other_is_in_the_table_of_the_documents()
    {
        string[] lines = [.. File.ReadLines(Repository.PathOf("docs", "lockdep-tool.md")).SkipWhile(static line => !line.StartsWith("| small program", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(static line => line.StartsWith('|'))];
        Assert.Equal(Names.Select(static row => (string)row[0]).Order(StringComparer.Ordinal), lines.Select(static line => line.Split('|')[1].Trim()).Order(StringComparer.Ordinal));
        Assert.All(lines, static line => Assert.Matches(@"\| [\w.-]+/[\w.-]+#\d+ ", line));
    }

    private ToolRun Run(string name, string which)
    {
        ToolRun run = _tool.Run("run", "--json", _report, "--", "dotnet", s_program, name, which);
        Assert.Contains($"{name}: all paths were run", run.Output, StringComparison.Ordinal);
        return run;
    }

    private LockReport Report() => RunReport.Parse(File.ReadAllText(_report)).Locks;
}
