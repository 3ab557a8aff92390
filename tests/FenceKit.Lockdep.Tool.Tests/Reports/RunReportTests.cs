// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Reports;

public sealed class RunReportTests
{
    [Fact]
    public void What_is_known_of_a_run_stands_beside_the_locks_and_is_read_again()
    {
        var run = new RunReport(Shop.Report, new RunFacts(3, 2, [new("App.dll", true), new("Native\u001b.dll", false, "it is mixed-mode <b>")]));
        string json = run.ToJson();
        RunReport again = RunReport.Parse(json);
        Assert.Equal(json, again.ToJson());
        Assert.Equal(run.Run!.Assemblies, again.Run!.Assemblies);
        Assert.Equal((3, 2), (again.Run.ExitCode, again.Run.Suppressed));

        // A reader that knows only the locks finds them where they always are.
        Assert.Equal(Shop.Report.ToSarif(), LockReport.Parse(json).ToSarif());
    }

    [Fact]
    public void Half_a_character_in_a_name_keeps_no_report_from_being_written() =>
        Assert.Equal("a\ufffd.dll", Assert.Single(RunReport.Parse(new RunReport(Shop.Before, new RunFacts(0, 0, [new("a\ud800.dll", false, "\udc00")])).ToJson()).Run!.Assemblies).Name);

    [Fact]
    public void A_report_that_a_program_wrote_itself_has_no_run()
    {
        Assert.Null(RunReport.Parse(Shop.Report.ToJson()).Run);
        Assert.Equal(Shop.Report.ToJson(), new RunReport(Shop.Report, null).ToJson());
    }

    [Theory]
    [InlineData("3")]
    [InlineData("{}")]
    [InlineData("{\"exitCode\":1.5,\"suppressed\":0,\"assemblies\":[]}")]
    [InlineData("{\"exitCode\":1,\"suppressed\":0,\"assemblies\":[7]}")]
    [InlineData("{\"exitCode\":1,\"suppressed\":0,\"assemblies\":[{\"name\":null,\"rewritten\":true,\"reason\":null}]}")]
    [InlineData("{\"exitCode\":1,\"suppressed\":0,\"assemblies\":{}}")]
    [InlineData("{\"exitCode\":1,\"suppressed\":0,\"assemblies\":[{\"name\":\"\\ud800\",\"rewritten\":true,\"reason\":null}]}")]
    public void A_run_that_is_none_is_refused(string run) =>
        Assert.Contains("run is not what a run writes", Assert.Throws<FormatException>(
            () => RunReport.Parse($"{{\"version\":1,\"violations\":[],\"dependencies\":[],\"run\":{run}}}")).Message, StringComparison.Ordinal);

    [Fact]
    public void What_the_processes_of_a_run_left_is_merged_and_a_broken_file_is_named()
    {
        using var folder = new Folder();
        folder.Write("1.json", Shop.Report.ToJson());
        folder.Write("2.json", Shop.Circle("A", "B", "C").ToJson());
        folder.Write("3.json", Shop.Report.ToJson());
        folder.Write("4.json", Shop.Report.ToJson()[..500]);
        folder.Write("5.json.0.unfinished", "{");
        LockReport merged = ReportReading.FromFolder(folder.Root, out IReadOnlyList<string> problems);
        Assert.Equal(Shop.Report.Violations.Count + 1, merged.Violations.Count);
        Assert.Contains("4.json", Assert.Single(problems), StringComparison.Ordinal);
    }
}
