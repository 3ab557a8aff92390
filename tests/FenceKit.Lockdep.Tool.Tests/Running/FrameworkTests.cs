// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>What the framework does with its own locks, all of it rewritten: nothing in it can hang.</summary>
public sealed class FrameworkTests : IDisposable
{
    private readonly ToolProcess _tool = new();
    private readonly string _report = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_report);
        _tool.Dispose();
    }

    [Fact]
    public void Nothing_is_found()
    {
        Run("Libraries", "libraries: all paths were run", "System.Threading.Channels");
        Run("Web", "request [0-9]+ 1000", "Kestrel"); // the framework is rewritten already
    }

    private void Run(string program, string marker, string seen)
    {
        ToolRun run = _tool.Run("run", "--framework", "--json", _report, "--", "dotnet", Programs.Case(program));
        Assert.True(run.ExitCode == ExitCodes.Clean, run.Error);
        Assert.Matches(marker, run.Output);
        RunReport report = RunReport.Parse(File.ReadAllText(_report));
        Assert.Empty(report.Locks.Violations);
        Assert.Contains(report.Run!.Assemblies, assembly => assembly.IsRewritten && assembly.Name.Contains(seen, StringComparison.Ordinal));
        Assert.True(report.Locks.Dependencies.Count > 10); // silence does not come from looking away
    }
}
