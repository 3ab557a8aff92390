// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>Disks that are full or read-only, and ends that come too early: a message that says what to do, nothing half written, nothing of the user's changed.</summary>
public sealed class FaultTests : IDisposable
{
    private const int Copies = 24;
    private const int BytesBeforeKill = 16;
    private const int KilledForSize = 128 + 25; // SIGXFSZ

    // The runtime keeps compiled code in a file in memory, to which the limit of a file's size applies too: the process could end before it has anything to write.
    private static readonly Dictionary<string, string> s_noFileForCode = new() { ["DOTNET_EnableWriteXorExecute"] = "0" };

    private readonly ToolProcess _tool = new();
    private readonly Folder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _tool.Dispose();
    }

    [SmallDiskFact]
    public void A_cache_that_has_no_room_for_the_folder_of_the_run_is_told_with_what_to_do() => AssertFull(kilobytes: 64);

    [SmallDiskFact]
    public void A_cache_that_has_no_room_for_a_rewritten_assembly_is_told_with_what_to_do() => AssertFull(kilobytes: 128);

    private void AssertFull(int kilobytes)
    {
        using var disk = new SmallDisk(kilobytes);
        ToolRun run = _tool.Run(Environment("FENCEKIT_LOCKDEP_CACHE", disk.Root), "run", "--", "dotnet", Programs.Case("Catalog"), "good");
        Assert.Equal(ExitCodes.WrongUse, run.ExitCode);
        Assert.Contains("Make room, or set FENCEKIT_LOCKDEP_CACHE to another folder.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("good: all paths were run", run.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(disk.Root, "Catalog.dll", SearchOption.AllDirectories)); // no half assembly, and none to be found later
    }

    [SmallDiskFact]
    public void Findings_that_cannot_be_kept_do_not_disturb_the_program()
    {
        using var disk = new SmallDisk(kilobytes: 64);
        disk.Fill();
        ToolRun run = _tool.Run(Environment("TMPDIR", disk.Root), "run", "--", "dotnet", Programs.Case("Catalog"), "exit");
        Assert.Equal(7, run.ExitCode);
        Assert.Contains("the report could not be written", run.Error, StringComparison.Ordinal);
        Assert.Equal(["filler"], Directory.EnumerateFileSystemEntries(disk.Root).Select(Path.GetFileName));
    }

    [SmallDiskFact]
    public void A_report_for_which_there_is_no_room_is_not_begun()
    {
        using var disk = new SmallDisk(kilobytes: 64);
        disk.Fill();
        string report = Path.Combine(disk.Root, "report.json");
        ToolRun run = _tool.Run("run", "--json", report, "--sarif", _folder.PathOf("log.sarif"), "--", "dotnet", Programs.Case("Catalog"), "bad");
        Assert.Equal(ExitCodes.WrongUse, run.ExitCode);
        Assert.Contains("Make room, or name a file on another disk.", run.Error, StringComparison.Ordinal);
        Assert.Equal(["filler"], Directory.EnumerateFileSystemEntries(disk.Root).Select(Path.GetFileName));
        Assert.True(File.Exists(_folder.PathOf("log.sarif"))); // the other one is written all the same
    }

    [SmallDiskFact]
    public void A_program_that_lies_where_nothing_can_be_written_is_run()
    {
        using var disk = new SmallDisk(kilobytes: 1024);
        CopyProgram(disk.Root);
        disk.MakeReadOnly();
        ToolRun run = _tool.Run("run", "--json", Path.Combine(disk.Root, "report.json"), "--", "dotnet", Path.Combine(disk.Root, "Catalog.dll"), "bad");
        Assert.Contains("bad: all paths were run", run.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.WrongUse, run.ExitCode); // for the report
        Assert.Contains("cannot write", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tool_that_is_killed_while_it_rewrites_leaves_nothing_that_counts()
    {
        CopyProgram(_folder.Root);
        for (int i = 0; i < Copies; i++)
        {
            File.Copy(_folder.PathOf("Catalog.dll"), _folder.PathOf($"Copy{i}.dll"));
        }

        using (Process killed = _tool.Start("run", "--", "dotnet", _folder.PathOf("Catalog.dll"), "good"))
        {
            string rewritten = Path.Combine(_tool.Cache, "rewritten");
            Assert.True(SpinWait.SpinUntil(
                () => Directory.Exists(rewritten) && Directory.EnumerateFiles(rewritten, "*.dll", SearchOption.AllDirectories).Any(), TimeSpan.FromMinutes(1)));
            killed.Kill(entireProcessTree: true);
            killed.WaitForExit();
        }

        ToolRun next = _tool.Run("run", "--", "dotnet", _folder.PathOf("Catalog.dll"), "good");
        Assert.True(next.ExitCode == ExitCodes.Clean, next.Error);
        Assert.Contains("good: all paths were run", next.Output, StringComparison.Ordinal);
        Assert.Contains($"Locks were seen in {Copies + 1} assemblies.", next.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(_tool.Cache, "making"))); // what it had begun is gone
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(_tool.Cache, "runs")));
    }

    [Fact]
    public void A_program_that_kills_itself_while_its_findings_are_written_has_whole_ones_or_none()
    {
        ToolRun run = _tool.Run("run", "--json", _folder.PathOf("report.json"), "--", "dotnet", Programs.Case("Catalog"), "kill");
        Assert.True(run.ExitCode == 137, run.Error);
        Assert.DoesNotContain("is not used", run.Error, StringComparison.Ordinal);
        Assert.Equal(137, RunReport.Parse(File.ReadAllText(_folder.PathOf("report.json"))).Run!.ExitCode);
        Assert.Equal(["report.json"], _folder.Files);
    }

    // The system itself ends a process that makes a file larger than it may, at that very byte: nothing of the process runs any more, as with any other kill.
    [Theory]
    [InlineData("--json")]
    [InlineData("--sarif")]
    [InlineData("--html")]
    [InlineData("--order")]
    public void A_tool_that_is_killed_in_the_middle_of_a_report_leaves_the_older_one(string option)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // nobody else limits a process that runs
        }

        string report = _folder.Write("report", "older");
        using Process tool = _tool.Start(s_noFileForCode, "run", option, report, "--", "dotnet", Programs.Case("Catalog"), "wait");
        string program = tool.StandardOutput.ReadLine()!;
        Call("prlimit", "--pid", $"{tool.Id}", $"--fsize={BytesBeforeKill}", "--core=0");
        Call("kill", "-TERM", program);
        string error = tool.StandardError.ReadToEnd();
        tool.WaitForExit();
        Assert.True(tool.ExitCode == KilledForSize, error);
        Assert.Equal("older", File.ReadAllText(report));
        Assert.Equal(BytesBeforeKill, new FileInfo(Assert.Single(Directory.GetFiles(_folder.Root, "report.*.unfinished"))).Length); // it was in the middle

        ToolRun next = _tool.Run("run", option, report, "--", "dotnet", Programs.Case("Catalog"), "good");
        Assert.True(next.ExitCode == ExitCodes.Clean, next.Error);
        Assert.DoesNotContain("unfinished", next.Error, StringComparison.Ordinal);
        Assert.Equal(["report"], _folder.Files); // what was left is gone
    }

    [Fact]
    public void A_program_that_is_killed_in_the_middle_of_its_findings_is_told_and_what_was_whole_is_used()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using Process tool = _tool.Start(s_noFileForCode, "run", "--json", _folder.PathOf("report.json"), "--", "dotnet", Programs.Case("Catalog"), "wait");
        string program = tool.StandardOutput.ReadLine()!;
        Call("prlimit", "--pid", program, $"--fsize={BytesBeforeKill}", "--core=0");
        Call("kill", "-TERM", program);
        string error = tool.StandardError.ReadToEnd();
        tool.WaitForExit();
        Assert.True(tool.ExitCode == KilledForSize, error);
        Assert.DoesNotContain("is not used", error, StringComparison.Ordinal);
        Assert.False(RunReport.Parse(File.ReadAllText(_folder.PathOf("report.json"))).Run!.IsWhole);
    }

    [Fact]
    public void A_process_that_is_killed_before_its_last_word_is_told_and_is_no_success()
    {
        ToolRun run = _tool.Run("run", "--json", _folder.PathOf("report.json"), "--", "dotnet", Programs.Case("Catalog"), "child");
        Assert.True(run.ExitCode == ExitCodes.WrongUse, run.Error);
        Assert.Contains("1 process that took locks has not written what was seen to the end", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("No finding", run.Error, StringComparison.Ordinal);
        Assert.False(RunReport.Parse(File.ReadAllText(_folder.PathOf("report.json"))).Run!.IsWhole);
    }

    [Fact]
    public void A_program_of_which_nothing_comes_back_is_told()
    {
        ToolRun run = _tool.Run("run", "--json", _folder.PathOf("report.json"), "--", "dotnet", Programs.Case("Catalog"), "kill-at-once");
        Assert.True(run.ExitCode == 137, run.Error);
        Assert.Contains("nothing came back from Catalog.dll", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("No finding", run.Error, StringComparison.Ordinal);
        Assert.False(RunReport.Parse(File.ReadAllText(_folder.PathOf("report.json"))).Run!.IsWhole);
    }

    [Fact]
    public void A_program_that_takes_no_lock_is_whole()
    {
        ToolRun run = _tool.Run("run", "--json", _folder.PathOf("report.json"), "--", "dotnet", Programs.Case("Catalog"), "arguments");
        Assert.True(run.ExitCode == ExitCodes.Clean, run.Error);
        Assert.StartsWith("No finding: no lock was seen to be taken inside another one.", run.Error, StringComparison.Ordinal);
        Assert.True(RunReport.Parse(File.ReadAllText(_folder.PathOf("report.json"))).Run!.IsWhole);
    }

    [Fact]
    public void A_tool_that_is_not_whole_says_so()
    {
        using var tool = new Folder();
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Concat(Directory.GetFiles(AppContext.BaseDirectory, "FenceKit.Lockdep.Tool.*.json")))
        {
            if (Path.GetFileName(file) != "FenceKit.Lockdep.Runtime.dll")
            {
                File.Copy(file, tool.PathOf(Path.GetFileName(file)));
            }
        }

        ToolRun run = _tool.RunOf(tool.PathOf("FenceKit.Lockdep.Tool.dll"), ["run", "--", "dotnet", Programs.Case("Catalog"), "good"]);
        Assert.True(run.ExitCode == ExitCodes.WrongUse, run.Error);
        Assert.Equal(
            $"fencekit-lockdep: the tool is not whole: {tool.PathOf("FenceKit.Lockdep.Runtime.dll")} is missing. Install FenceKit.Lockdep.Tool again.", run.Error.TrimEnd());
        Assert.DoesNotContain("good: all paths were run", run.Output, StringComparison.Ordinal);
    }

    // The second run of an unchanged program: what reads and rewrites assemblies, and the library for command lines, are not even there.
    [Fact]
    public void What_is_known_needs_neither_the_rewriter_nor_the_library_for_command_lines()
    {
        CopyProgram(_folder.Root);
        string[] arguments = ["run", "--json", _folder.PathOf("report.json"), "--", "dotnet", _folder.PathOf("Catalog.dll"), "bad"];
        Assert.Equal(ExitCodes.Found, _tool.RunOf(Path.Combine(AppContext.BaseDirectory, "FenceKit.Lockdep.Tool.dll"), arguments).ExitCode);
        using var tool = new Folder();
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "FenceKit.Lockdep*"))
        {
            if (!file.EndsWith(".deps.json", StringComparison.Ordinal))
            {
                File.Copy(file, tool.PathOf(Path.GetFileName(file)));
            }
        }

        ToolRun second = _tool.RunOf(tool.PathOf("FenceKit.Lockdep.Tool.dll"), arguments);
        Assert.True(second.ExitCode == ExitCodes.Found, second.Error);
        Assert.Contains("bad: all paths were run", second.Output, StringComparison.Ordinal);
        File.SetLastWriteTimeUtc(_folder.PathOf("Catalog.dll"), new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc)); // touched, so it is read again, and is the same
        Assert.Equal(ExitCodes.Found, _tool.RunOf(tool.PathOf("FenceKit.Lockdep.Tool.dll"), arguments).ExitCode);
        Assert.NotEqual(ExitCodes.Found, _tool.RunOf(tool.PathOf("FenceKit.Lockdep.Tool.dll"), ["run", "--skip=Nothing", .. arguments[1..]]).ExitCode); // not a plain one
    }

    private static Dictionary<string, string> Environment(string name, string value) => new() { [name] = value };

    private static void Call(string command, params string[] arguments)
    {
        using Process process = Process.Start(command, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static void CopyProgram(string target)
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Programs.Case("Catalog"))!, "Catalog*"))
        {
            string copy = Path.Combine(target, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetLastWriteTimeUtc(copy, new DateTime(2021, 1, 2, 3, 4, 5, DateTimeKind.Utc)); // not just written
        }
    }
}
