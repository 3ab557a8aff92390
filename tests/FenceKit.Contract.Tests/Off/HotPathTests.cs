// SPDX-License-Identifier: MIT

namespace FenceKit.Contract.Tests.Off;

/// <summary>Off, the machine code of the hot paths knows nothing of the check.</summary>
public class HotPathTests
{
    [Theory]
    [InlineData("1", "; Tier1 code")] // compiled again once it is hot, with what was learned until then: as in any program
    [InlineData("0", "; FullOpts code")]
    public async Task Off_the_optimized_code_of_the_hot_paths_shows_no_trace_of_the_check(string isTiered, string kind)
    {
        string listing = Path.GetTempFileName();
        try
        {
            ProbeRun run = await ProbeRun.StartAsync(["hot"], "0", environment: new()
            {
                ["DOTNET_JitStdOutFile"] = listing,
                ["DOTNET_JitDisasm"] = "IsSignaledOf SignalOf IssueOf Issue LockOf *WoundWaitLock:*",
                ["DOTNET_TieredCompilation"] = isTiered,
                ["DOTNET_TieredPGO"] = "1",
            });
            Assert.Equal(0, run.ExitCode);
            string[] optimized = [.. (await File.ReadAllTextAsync(listing)).Split("; Assembly listing for method ").Where(text => text.Contains(kind, StringComparison.Ordinal))];
            foreach (string method in (string[])["HotPaths:IsSignaledOf", "HotPaths:SignalOf", "HotPaths:IssueOf", "FenceTimeline:Issue()", "HotPaths:LockOf", "WoundWaitLock:Unlock(", "WoundWaitLock:EnterCore("])
            {
                string code = Assert.Single(optimized, text => text.Contains(method, StringComparison.Ordinal) && text.IndexOf(method, StringComparison.Ordinal) < 80);
                Assert.Matches("Total bytes of code [0-9]+", code);
                Assert.DoesNotContain("FenceContract", code, StringComparison.Ordinal);
                Assert.DoesNotContain("FenceAnnotations", code, StringComparison.Ordinal);
                Assert.DoesNotContain("Announce", code, StringComparison.Ordinal);
                Assert.DoesNotContain("Checked(", code, StringComparison.Ordinal);
                Assert.DoesNotContain("CORINFO_HELP_GET", code, StringComparison.Ordinal); // no class has to be looked up
            }
        }
        finally
        {
            File.Delete(listing);
        }
    }
}
