// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Commands;

public sealed class ReportCommandTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Formats => new()
    {
        { "--text", Shop.Report.ToText() },
        { "--json", Shop.Report.ToJson() + Environment.NewLine },
        { "--sarif", Shop.Report.ToSarif() + Environment.NewLine },
        { "--html", Shop.Report.ToHtml() },
        { "--dot", Shop.Report.ToDot() },
        { "--mermaid", Shop.Report.ToMermaid() },
        { "--order", Shop.Report.ToSnapshot().ToString() },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_report_becomes_what_is_asked_for(string format, string expected)
    {
        ToolRun run = ToolRun.Of("report", Report(), format);
        Assert.Equal((ExitCodes.Clean, expected, ""), (run.ExitCode, run.Output, run.Error));

        ToolRun toFile = ToolRun.Of("report", Report(), format, "--output", _folder.PathOf("out"));
        Assert.Equal((ExitCodes.Clean, "", ""), (toFile.ExitCode, toFile.Output, toFile.Error));
        Assert.Equal(expected, File.ReadAllText(_folder.PathOf("out")));
    }

    [Fact]
    public void Text_is_what_one_gets_without_asking() => Assert.Equal(Shop.Report.ToText(), ToolRun.Of("report", Report()).Output);

    [Fact]
    public void A_terminal_gets_colors_and_the_same_words()
    {
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error, isOutputSeen: true, isErrorSeen: true, width: 1_000, hasColors: true);
        Assert.Equal(ExitCodes.Clean, new Tool.Commands.ToolCommand(terminal, TimeProvider.System).Invoke(["report", Report()]));
        Assert.Contains("\u001b[1;", output.ToString(), StringComparison.Ordinal);
        string plain = System.Text.RegularExpressions.Regex.Replace(output.ToString(), "\u001b\\[[0-9;]*m", "");
        Assert.Equal(Words(Shop.Report.ToText()), Words(plain));

        static string[] Words(string text) => text.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void The_json_of_a_run_keeps_what_is_known_of_the_run()
    {
        var run = new RunReport(Shop.Report, new RunFacts(3, 0, [new("App.dll", true)]));
        string path = _folder.Write("run.json", run.ToJson());
        Assert.Equal(run.ToJson() + Environment.NewLine, ToolRun.Of("report", path, "--json").Output);
    }

    [Fact]
    public void Several_reports_are_one()
    {
        string other = _folder.Write("other.json", Shop.Circle("A", "B", "C").ToJson());
        Assert.Equal(LockReport.Merge([Shop.Report, Shop.Circle("A", "B", "C")]).ToDot(), ToolRun.Of("report", Report(), other, "--dot").Output);
    }

    [Fact]
    public void Lines_to_suppress_are_written_filled_in_and_taken()
    {
        ToolRun asked = ToolRun.Of("report", Report(), "--suppressions");
        string unsaid = _folder.Write("unsaid.txt", asked.Output);
        ToolRun refused = ToolRun.Of("report", Report(), "--suppress", unsaid);
        Assert.Equal(ExitCodes.WrongUse, refused.ExitCode);
        Assert.Matches("unsaid.txt: Line 3 of the suppressions cannot be read: say after \"because\" why the finding may stay", refused.Error);

        ToolRun filled = ToolRun.Of("report", Report(), "--suppressions", "--reason", "it is known\nand old", "--until", "2027-03-31");
        Assert.Contains(" until 2027-03-31 because it is known and old\n", filled.Output, StringComparison.Ordinal);
        string known = _folder.Write("known.txt", filled.Output);
        ToolRun quiet = ToolRun.Of(new Day("2027-03-31T00:00:00Z"), "report", Report(), "--suppress", known);
        Assert.Equal((ExitCodes.Clean, ""), (quiet.ExitCode, quiet.Output));
        Assert.Equal([$"{Shop.Report.Violations.Count} findings are suppressed by {known}.", "Nothing was found."], quiet.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));

        ToolRun late = ToolRun.Of(new Day("2027-04-01T00:00:00Z"), "report", Report(), "--suppress", known);
        Assert.Equal(Shop.Report.ToText(), late.Output);
        Assert.Contains("no longer count, for the day is over", late.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--html", "--json")]
    [InlineData("--until", "tomorrow")]
    [InlineData("--output")]
    public void Wrong_use_is_refused(params string[] arguments)
    {
        ToolRun wrong = ToolRun.Of(["report", Report(), .. arguments]);
        Assert.Equal((ExitCodes.WrongUse, ""), (wrong.ExitCode, wrong.Output));
        Assert.StartsWith("fencekit-lockdep: ", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_or_no_report_is_named()
    {
        foreach (string path in (string[])[_folder.PathOf("missing.json"), _folder.Write("cut.json", Shop.Report.ToJson()[..300])])
        {
            ToolRun wrong = ToolRun.Of("report", path);
            Assert.Equal((ExitCodes.WrongUse, ""), (wrong.ExitCode, wrong.Output));
            Assert.Contains(path, wrong.Error, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCodes.WrongUse, ToolRun.Of("report").ExitCode);
        Assert.Equal(ExitCodes.WrongUse, ToolRun.Of("report", Report(), "--output", _folder.Root).ExitCode);
    }

    private string Report() => _folder.Write("report.json", Shop.Report.ToJson());
}
