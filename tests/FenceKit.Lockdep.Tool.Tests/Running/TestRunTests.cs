// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>Test projects of others: green tests of a class that can hang.</summary>
public sealed class TestRunTests : IDisposable
{
    private readonly ToolProcess _tool = new();
    private readonly string _report = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_report);
        _tool.Dispose();
    }

    [Theory]
    [InlineData("TestsOfVSTest", "--filter", "FullyQualifiedName~booking")]
    [InlineData("TestsOfPlatform", "--filter-method", "*booking*")]
    public void Green_tests_show_what_can_hang(string project, string option, string filter)
    {
        ToolRun run = _tool.Run(Command(project, option, filter));
        Assert.True(run.ExitCode == ExitCodes.Found, run.Output + run.Error);
        Assert.DoesNotContain("Failed!", run.Output, StringComparison.Ordinal);
        Assert.Matches("(Total|total): +1", run.Output); // the filter was the tests'
        RunReport report = RunReport.Parse(File.ReadAllText(_report));
        Assert.Equal(0, report.Run!.ExitCode);
        Assert.Equal(["Ledger.LedgerTests._accounts", "Ledger.LedgerTests._journal"], Assert.Single(report.Locks.Violations).ClassNames.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("TestsOfVSTest", 1)]
    [InlineData("TestsOfPlatform", 2)]
    public void A_test_that_fails_gives_the_exit_code_of_the_tests(string project, int code)
    {
        ToolRun run = _tool.Run(new Dictionary<string, string> { ["LEDGER_FAILS"] = "yes" }, Command(project));
        Assert.True(run.ExitCode == code, run.Output + run.Error);
        RunReport report = RunReport.Parse(File.ReadAllText(_report));
        Assert.Equal(code, report.Run!.ExitCode);
        Assert.Single(report.Locks.Violations);
    }

    [Theory]
    [InlineData("TestsOfVSTest", "--filter", "FullyQualifiedName~ends_its_process")]
    [InlineData("TestsOfPlatform", "--filter-method", "*ends_its_process*")]
    public void Tests_whose_process_is_killed_are_not_tests_in_which_nothing_was_found(string project, string option, string filter)
    {
        ToolRun run = _tool.Run(new Dictionary<string, string> { ["LEDGER_ENDS"] = "yes" }, Command(project, option, filter));
        Assert.NotEqual(ExitCodes.Clean, run.ExitCode);
        Assert.Contains("has not written what was seen to the end", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("No finding", run.Error, StringComparison.Ordinal);
        Assert.False(RunReport.Parse(File.ReadAllText(_report)).Run!.IsWhole);
    }

    // What starts it, and loads nothing of it, has no say in whether anything came back.
    [Fact]
    public void A_host_that_is_killed_before_its_first_lock_is_told()
    {
        Dictionary<string, string> environment = new() { ["DOTNET_STARTUP_HOOKS"] = Programs.Case("Catalog"), ["CATALOG_ENDS_TESTHOST"] = "yes" };
        ToolRun run = _tool.Run(environment, Command("TestsOfVSTest"));
        Assert.NotEqual(ExitCodes.Clean, run.ExitCode);
        Assert.Contains("nothing came back from TestsOfVSTest.dll", run.Error, StringComparison.Ordinal);
        Assert.False(RunReport.Parse(File.ReadAllText(_report)).Run!.IsWhole);
    }

    [Theory]
    [InlineData("TestsOfVSTest", "test", "--filter", "FullyQualifiedName~booking")]
    [InlineData("TestsOfVSTest", "vstest", "--TestCaseFilter:FullyQualifiedName~booking")]
    [InlineData("TestsOfPlatform", "test", "--filter-method", "*booking*")]
    public void Tests_of_an_assembly_are_run(string project, string command, params string[] filter)
    {
        ToolRun run = _tool.Run(["test", "--json", _report, "--", "dotnet", command, Programs.Case(project), .. filter]);
        Assert.True(run.ExitCode == ExitCodes.Found, run.Output + run.Error);
        Assert.Matches("(Total( tests)?|total): +1", run.Output);
        Assert.Single(RunReport.Parse(File.ReadAllText(_report)).Locks.Violations);
    }

    [Fact]
    public void The_project_is_found_behind_options_and_variables_reach_its_tests()
    {
        string project = Path.Combine(ProjectOf("TestsOfVSTest"), "TestsOfVSTest.csproj");
        ToolRun run = _tool.Run("test", "--json", _report, "--", "dotnet", "test", "-e", "LEDGER_FAILS=yes", "--no-build", $"-c:{Programs.Configuration}", project, "--", "RunConfiguration.MaxCpuCount=1");
        Assert.True(run.ExitCode == 1, run.Output + run.Error);
        Assert.Matches("Failed: +1", run.Output);
    }

    [Fact]
    public void Tests_that_are_a_program_can_be_run_as_one()
    {
        string program = Path.ChangeExtension(Programs.Case("TestsOfPlatform"), OperatingSystem.IsWindows() ? ".exe" : null);
        ToolRun run = _tool.Run("run", "--json", _report, "--", program, "--filter-method", "*booking*");
        Assert.True(run.ExitCode == ExitCodes.Found, run.Output + run.Error);
        Assert.Single(RunReport.Parse(File.ReadAllText(_report)).Locks.Violations);
    }

    [Fact]
    public void Tests_run_beside_their_own_place_and_nothing_is_left_there()
    {
        string output = Path.GetDirectoryName(Programs.Case("TestsOfVSTest"))!;
        ToolRun run = _tool.Run(Command("TestsOfVSTest", "--filter", "FullyQualifiedName~A_file_of_the_project"));
        Assert.True(run.ExitCode == ExitCodes.Clean, run.Output + run.Error);
        Assert.Empty(Directory.GetDirectories(Path.GetDirectoryName(output)!, "*fencekit-lockdep-*"));
    }

    [Fact]
    public void Coverage_is_measured_beside_it_and_no_file_of_the_project_is_changed()
    {
        string output = Path.GetDirectoryName(Programs.Case("TestsOfVSTest"))!;
        string before = Fingerprint(output);
        string results = Directory.CreateTempSubdirectory("lockdep-coverage-").FullName;
        try
        {
            ToolRun run = _tool.Run(Command(
                "TestsOfVSTest", "--filter", "FullyQualifiedName~booking", "--collect", "XPlat Code Coverage", "--results-directory", results,
                "--", "DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.IncludeTestAssembly=true"));
            Assert.True(run.ExitCode == ExitCodes.Found, run.Output + run.Error);
            Assert.Single(RunReport.Parse(File.ReadAllText(_report)).Locks.Violations);
            string coverage = File.ReadAllText(Assert.Single(Directory.GetFiles(results, "coverage.cobertura.xml", SearchOption.AllDirectories)));
            Assert.Contains("Ledger.LedgerTests", coverage, StringComparison.Ordinal);
            Assert.Equal(before, Fingerprint(output));
        }
        finally
        {
            Directory.Delete(results, recursive: true);
        }
    }

    private static string Fingerprint(string folder) => string.Join('\n', Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(static file => $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file):O}"));

    // Where nothing is found nothing is written before the end, and the host of tests is not given long for that.
    [Fact]
    public void Tests_in_which_nothing_is_found_leave_the_orders_of_their_locks()
    {
        ToolRun run = _tool.Run(Command("TestsOfVSTest", "--filter", "FullyQualifiedName~in_one_order"));
        Assert.True(run.ExitCode == ExitCodes.Clean, run.Output + run.Error);
        RunReport report = RunReport.Parse(File.ReadAllText(_report));
        Assert.Contains(report.Locks.Dependencies, static order => order.From == "Ledger.LedgerTests._accounts" && order.To == "Ledger.LedgerTests._pages");
    }

    private string[] Command(string project, params string[] arguments)
    {
        return ["test", "--json", _report, "--", "dotnet", "test", ProjectOf(project), "-c", Programs.Configuration, "--no-build", .. arguments];
    }

    private static string ProjectOf(string project) => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Programs.Case(project))!, "..", "..", ".."));
}
