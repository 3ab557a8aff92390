// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance.Tests;

/// <summary>What samples/VulkanDriver shows on its own memory, beside the checks.</summary>
[Trait("Suite", "Conformance")]
public sealed class VulkanSceneTests
{
    /// <summary>Runs where there is Vulkan, and where FENCEKIT_REQUIRE says that there must be.</summary>
    private sealed class VulkanFactAttribute : FactAttribute
    {
        public VulkanFactAttribute() => Skip = VulkanRun.IsWanted ? null : "there is no Vulkan here";
    }

    [VulkanFact]
    public void The_run_ends_well_and_the_validation_layer_is_silent()
    {
        Assert.Equal("", VulkanRun.Everything.Error);
        Assert.Equal(0, VulkanRun.Everything.ExitCode);
    }

    [VulkanFact]
    public void The_run_ends_with_how_many_checks_passed_and_writes_no_codes_of_terminals()
    {
        int checks = DriverConformance.Checks.Count;
        Assert.Equal($"conformance: {checks} of {checks} checks passed", VulkanRun.Everything.Lines[^1]);
        Assert.DoesNotContain(VulkanRun.Everything.Lines, static line => line.Contains('\e'));
    }

    [VulkanFact]
    public void What_the_gpu_computes_is_what_the_cpu_computes() =>
        Assert.Contains("compute: 64 blocks, 0 differ from the CPU's", VulkanRun.Everything.Lines);

    [VulkanFact]
    public void An_unmap_waits_for_the_fence_of_the_gpu()
    {
        string[] asked = Line("invalidate: 50 blocks, ").Split(' ');
        Assert.InRange(int.Parse(asked[3]), 25, 50); // every other job is held up until its owner has asked
        Assert.InRange(int.Parse(asked[^5]), 25, 50);
        Assert.StartsWith("after the wait: 0 differ from the CPU's, 0 written to after their pages were replaced", Line("after the wait: "));
    }

    private static string Line(string start) =>
        Assert.Single(VulkanRun.Everything.Lines, line => line.StartsWith(start, StringComparison.Ordinal));
}
