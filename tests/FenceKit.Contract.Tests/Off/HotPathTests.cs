// SPDX-License-Identifier: MIT

namespace FenceKit.Contract.Tests.Off;

/// <summary>Off, the machine code of the hot paths knows nothing of the check.</summary>
public class HotPathTests
{
    [Fact]
    public async Task Off_the_optimized_code_of_the_hot_paths_shows_no_trace_of_the_check()
    {
        string listing = Path.GetTempFileName();
        try
        {
            ProbeRun run = await ProbeRun.StartAsync(["hot"], "0", environment: new()
            {
                ["DOTNET_JitStdOutFile"] = listing,
                ["DOTNET_JitDisasm"] = "IsSignaledOf SignalOf IssueOf Issue LockOf *WoundWaitLock:*",
                ["DOTNET_TieredCompilation"] = "0",
            });
            Assert.Equal(0, run.ExitCode);
            string[] optimized = [.. (await File.ReadAllTextAsync(listing)).Split("; Assembly listing for method ").Where(IsOptimized)];
            foreach (string method in (string[])["HotPaths:IsSignaledOf", "HotPaths:SignalOf", "HotPaths:IssueOf", "FenceTimeline:Issue()", "HotPaths:LockOf", "WoundWaitLock:Unlock(", "WoundWaitLock:EnterCore("])
            {
                string code = Assert.Single(optimized, text => text.Contains(method, StringComparison.Ordinal) && text.IndexOf(method, StringComparison.Ordinal) < 80);
                Assert.Matches("Total bytes of code [0-9]+", code);
                Assert.DoesNotContain("FenceContract", code, StringComparison.Ordinal);
                Assert.DoesNotContain("FenceAnnotations", code, StringComparison.Ordinal);
                Assert.DoesNotContain("CORINFO_HELP_GET", code, StringComparison.Ordinal); // no class has to be looked up
            }
        }
        finally
        {
            File.Delete(listing);
        }
    }

    private static bool IsOptimized(string text) => text.Split('\n', 2)[0].Contains("FullOpts", StringComparison.Ordinal);
}
