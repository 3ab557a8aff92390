// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Commands;

public sealed class DiffCommandTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void What_is_new_is_told_whether_the_files_are_snapshots_or_reports(bool isOldReport, bool isNewReport)
    {
        ToolRun diff = ToolRun.Of("diff", File("old", Shop.Before, isOldReport), File("new", Shop.Report, isNewReport));
        Assert.Equal((ExitCodes.Found, ""), (diff.ExitCode, diff.Error));
        string[] lines = diff.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("1 order of locks is new:", lines[0]);
        Assert.Equal("  Shop.Audit<Order, Line>::_log -> Shop.Bank::_accounts (ExclusiveToQueued)", lines[1]);
        Assert.Equal(isNewReport ? 3 : 2, lines.Length);
        Assert.All(lines.Skip(2), static line => Assert.Matches("^    held at Audit.cs:7 in Write, wanted at Audit.cs:7 in Write, on thread [0-9]+ \"shop\"$", line));
    }

    [Fact]
    public void What_was_not_seen_again_is_no_reason_to_fail()
    {
        ToolRun diff = ToolRun.Of("diff", File("old", Shop.Report, true), File("new", Shop.Before, true));
        Assert.Equal((ExitCodes.Clean, "1 was not seen again." + Environment.NewLine), (diff.ExitCode, diff.Output));
    }

    [Fact]
    public void The_same_is_the_same()
    {
        ToolRun diff = ToolRun.Of("diff", File("old", Shop.Report, true), File("new", Shop.Report, false));
        Assert.Equal((ExitCodes.Clean, "The same orders of locks." + Environment.NewLine), (diff.ExitCode, diff.Output));
    }

    [Fact]
    public void Wrong_use_is_refused_with_the_name_of_the_file()
    {
        Assert.Equal(ExitCodes.WrongUse, ToolRun.Of("diff", File("old", Shop.Before, true)).ExitCode);
        foreach (string text in (string[])["", "{", "something else", "{\"version\":9}"])
        {
            string path = _folder.Write("wrong", text);
            ToolRun wrong = ToolRun.Of("diff", path, File("new", Shop.Report, true));
            Assert.Equal((ExitCodes.WrongUse, ""), (wrong.ExitCode, wrong.Output));
            Assert.Contains(path, wrong.Error, StringComparison.Ordinal);
        }
    }

    private string File(string name, LockReport report, bool isReport) => _folder.Write(name, isReport ? report.ToJson() : report.ToSnapshot().ToString());
}
