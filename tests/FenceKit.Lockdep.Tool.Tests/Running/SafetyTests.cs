// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Security.Cryptography;
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>No file of the user's is changed, whatever happens.</summary>
public sealed class SafetyTests : IDisposable
{
    private readonly ToolProcess _tool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("lockdep-program-").FullName;

    public SafetyTests()
    {
        string source = Path.GetDirectoryName(Programs.Case("Catalog"))!;
        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    private string Program => Path.Combine(_folder, "Catalog.dll");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _tool.Dispose();
    }

    [Fact]
    public void Two_runs_at_once_see_the_same_and_leave_the_program_as_it_was()
    {
        string before = Fingerprint();
        ToolRun[] runs = new ToolRun[2];
        Parallel.For(0, 2, i => runs[i] = _tool.Run("run", "--", "dotnet", Program, "bad"));
        Assert.All(runs, static run => Assert.Equal(ExitCodes.Found, run.ExitCode));
        Assert.Equal(before, Fingerprint());
        Assert.Empty(Directory.GetDirectories(Path.Combine(_tool.Cache, "runs")));
    }

    [Fact]
    public void A_run_that_is_killed_leaves_the_program_as_it_was_and_the_next_one_clears_up()
    {
        string before = Fingerprint();
        using (Process killed = _tool.Start("run", "--", "dotnet", Program, "hang"))
        {
            string runs = Path.Combine(_tool.Cache, "runs");
            Assert.True(SpinWait.SpinUntil(() => Directory.Exists(runs) && Directory.EnumerateFiles(runs, "Catalog.dll", SearchOption.AllDirectories).Any(), TimeSpan.FromMinutes(1)));
            killed.Kill(entireProcessTree: true);
            killed.WaitForExit();
        }

        Assert.Equal(before, Fingerprint());
        ToolRun next = _tool.Run("run", "--", "dotnet", Program, "good");
        Assert.Equal(ExitCodes.Clean, next.ExitCode);
        Assert.Contains("left by runs that were killed", next.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_tool.Cache, "runs")));
    }

    [Fact]
    public void An_assembly_that_is_broken_is_named_and_the_run_goes_on()
    {
        byte[] broken = File.ReadAllBytes(Program);
        broken.AsSpan(broken.Length / 2).Fill(0xFF);
        File.WriteAllBytes(Path.Combine(_folder, "Broken [red].dll"), broken);
        File.WriteAllText(Path.Combine(_folder, "NoAssembly.dll"), "a text");
        ToolRun run = _tool.Run("run", "--", "dotnet", Program, "bad");
        Assert.Equal(ExitCodes.Found, run.ExitCode);
        Assert.Contains("Broken [red].dll: it cannot be rewritten", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("NoAssembly.dll", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_runs_without_the_tool_and_can_be_switched_off()
    {
        string copy = Path.Combine(_folder, "..", Path.GetFileName(_folder) + "-copy");
        try
        {
            Assert.Equal(ExitCodes.Clean, _tool.Run("rewrite", _folder, "--output", copy).ExitCode);
            Assert.Contains("Catalog.Modern._one -> Catalog.Modern._two", Alone(copy, "1"), StringComparison.Ordinal);
            Assert.Equal("", Alone(copy, "0"));
            ToolRun again = _tool.Run("run", "--", "dotnet", Path.Combine(copy, "Catalog.dll"), "good");
            Assert.Contains("Catalog.dll: it is rewritten already", again.Error, StringComparison.Ordinal);
            Assert.Equal(ExitCodes.WrongUse, _tool.Run("rewrite", _folder, "--output", copy).ExitCode); // not empty any more
            Assert.Equal(ExitCodes.WrongUse, _tool.Run("rewrite", _folder, "--output", Path.Combine(_folder, "inside")).ExitCode);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public void A_cache_that_cannot_be_made_is_told_with_what_to_do()
    {
        string file = Path.Combine(_folder, "a file");
        File.WriteAllText(file, "");
        ToolRun run = ToolRunWithCache(Path.Combine(file, "below"));
        Assert.Equal(ExitCodes.WrongUse, run.ExitCode);
        Assert.Contains("Set FENCEKIT_LOCKDEP_CACHE to a folder that can be written.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_that_nobody_changed_has_its_three_findings()
    {
        ToolRun run = _tool.Run("run", "--", "dotnet", Programs.Sample("Unmodified"));
        Assert.Equal(ExitCodes.Found, run.ExitCode);
        Assert.Contains("balance 70", run.Output, StringComparison.Ordinal);
        Assert.Contains("3 findings, all at likely or above.", run.Error, StringComparison.Ordinal);
        Assert.Contains("Shop.Orders._gate -> Shop.Stock._gate", run.Error, StringComparison.Ordinal);
        Assert.Contains("callback Shop.PriceFeed.OnStopped -> Shop.PriceFeed._gate", run.Error, StringComparison.Ordinal);
        Assert.Contains("Shop.PaymentService._payments -> Shop.AccountService._account", run.Error, StringComparison.Ordinal);
    }

    private static string Alone(string folder, string isOn)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "Catalog.dll"), "bad"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["FENCEKIT_LOCKDEP"] = isOn;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Contains("bad: all paths were run", output.Result, StringComparison.Ordinal);
        return error;
    }

    private ToolRun ToolRunWithCache(string cache)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "FenceKit.Lockdep.Tool.dll"), "run", "--", "dotnet", Program, "good"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["FENCEKIT_LOCKDEP_CACHE"] = cache;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new ToolRun(process.ExitCode, output.Result, error);
    }

    private string Fingerprint() => string.Join('\n', Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(static file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))} {File.GetLastWriteTimeUtc(file):O}"));
}
