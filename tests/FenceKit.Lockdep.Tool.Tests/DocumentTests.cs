// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Suppressions;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests;

/// <summary>What docs/lockdep-tool.md shows is what the tool takes and says.</summary>
public sealed class DocumentTests : IDisposable
{
    private readonly Folder _folder = new();

    private static string[] Lines { get; } = File.ReadAllLines(Repository.PathOf("docs", "lockdep-tool.md"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_lines_to_suppress_can_be_read()
    {
        string[] shown = [.. Lines.Where(static line => Enum.GetNames<LockViolationKind>().Any(kind => line.StartsWith(kind + " ", StringComparison.Ordinal)))];
        Assert.NotEmpty(shown);
        Assert.Equal(shown.Length, SuppressionText.Read(string.Join("\n", shown)).Count);
    }

    [Fact]
    public void The_commands_on_reports_can_be_given()
    {
        foreach (string name in (string[])["locks.json", "monday.json", "tuesday.json"])
        {
            _folder.Write(name, Shop.Report.ToJson());
        }

        string[] shown = [.. Lines.Where(static line => line.StartsWith("fencekit-lockdep report ", StringComparison.Ordinal))];
        Assert.NotEmpty(shown);
        foreach (string line in shown)
        {
            string command = line.Split((string[])["  ", " for ", " | "], StringSplitOptions.None)[0];
            string[] arguments = [.. command.Split(' ').Skip(1).Select(word => word.Contains('.', StringComparison.Ordinal) ? _folder.PathOf(word) : word)];
            ToolRun run = ToolRun.Of(arguments);
            Assert.True(run.ExitCode == ExitCodes.Clean, $"{command}: {run.Error}");
        }
    }
}
