// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>Deadlocks that were found in packages, with the version that has them and with the one that has not.</summary>
public sealed class CaseTests : IDisposable
{
    private readonly ToolProcess _tool = new();
    private readonly string _report = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_report);
        _tool.Dispose();
    }

    [Theory]
    [InlineData("Configuration600", "reloaded: b, told of 2 change", "Microsoft.Extensions.Configuration.ConfigurationManager._providerLock", "OptionsCache")]
    [InlineData("NLog4713", "written: 1", "NLog.LogFactory._syncRoot", "NLog.Targets.Target.SyncRoot")]
    [InlineData("NLog504", "written: 1", "NLog.LogFactory._syncRoot", "NLog.Targets.Target.SyncRoot")]
    [InlineData("NLog620", "written: 1", "NLog.LogFactory._syncRoot", "NLog.Targets.Target.SyncRoot")]
    public void A_package_that_can_hang_is_reported_on_one_harmless_thread(string program, string marker, string first, string second)
    {
        ToolRun run = _tool.Run("run", "--json", _report, "--", "dotnet", Programs.Case(program));
        Assert.Equal(ExitCodes.Found, run.ExitCode);
        Assert.Contains(marker, run.Output, StringComparison.Ordinal);
        LockViolation found = Assert.Single(RunReport.Parse(File.ReadAllText(_report)).Locks.Violations);
        Assert.True(found.Confidence >= LockConfidence.Likely);
        Assert.Contains(found.ClassNames, name => name.Contains(first, StringComparison.Ordinal));
        Assert.Contains(found.ClassNames, name => name.Contains(second, StringComparison.Ordinal));
    }

    [Fact]
    public void The_version_that_was_mended_is_silent()
    {
        ToolRun run = _tool.Run("run", "--json", _report, "--", "dotnet", Programs.Case("Configuration601"));
        Assert.Equal(ExitCodes.Clean, run.ExitCode);
        Assert.Contains("reloaded: b, told of 2 change", run.Output, StringComparison.Ordinal); // the path was run, all the same
        RunReport report = RunReport.Parse(File.ReadAllText(_report));
        Assert.Empty(report.Locks.Violations);
        Assert.Contains(report.Locks.Dependencies, static order => order.From.Contains("OptionsCache", StringComparison.Ordinal));
    }
}
