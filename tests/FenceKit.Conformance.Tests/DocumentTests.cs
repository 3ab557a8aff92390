// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance.Tests;

/// <summary>What the page for authors of drivers says about the suite.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void The_page_for_drivers_lists_every_check()
    {
        string page = File.ReadAllText(Path.Combine(ConformanceProof.Root(), "docs", "writing-a-driver.md"));
        Assert.DoesNotContain(DriverConformance.Checks.Select(check => check.Name), name => !page.Contains($"`{name}`", StringComparison.Ordinal));
    }
}
