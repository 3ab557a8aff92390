// SPDX-License-Identifier: MIT

using FenceKit.Conformance;
using FenceKit.Samples.VulkanDriver;

namespace FenceKit.Samples.Tests;

/// <summary>
/// The Vulkan sample where there is no Vulkan, and where its user mistypes. What it does with a GPU is shown by FenceKit.Conformance.Tests.
/// </summary>
public sealed class VulkanDriverTests
{
    /// <summary>To the loader, a machine without a driver.</summary>
    private static readonly Dictionary<string, string> s_noDrivers = new()
    {
        ["VK_ICD_FILENAMES"] = "/no/such/driver.json",
        ["VK_DRIVER_FILES"] = "/no/such/driver.json",
    };

    [Fact]
    public async Task WithoutVulkan_SaysSoAndEndsWithZero()
    {
        SampleRun run = await RunAsync(require: "uffd,uring", s_noDrivers);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.StartsWith("vulkan-driver: Vulkan cannot be used here: ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutVulkan_WhereItIsRequired_EndsWithThree()
    {
        SampleRun run = await RunAsync(require: "uffd,vulkan", s_noDrivers);

        Assert.Equal(3, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith("vulkan-driver: Vulkan cannot be used here: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutVulkan_ListDevices_SaysSo()
    {
        SampleRun run = await RunAsync(require: null, s_noDrivers, "--list-devices");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("usable ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeviceThatIsNotThere_IsNamed()
    {
        SampleRun run = await RunAsync(require: "vulkan", environment: null, "--device", "no such device");

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("cannot be used here", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnythingThatTheValidationLayerSays_FailsTheRun()
    {
        SampleRun run = await RunAsync(require: null, environment: null, "--misuse");

        if (run.Output.Contains(", validated", StringComparison.Ordinal))
        {
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("VUID-VkSemaphoreSignalInfo-value-03258", run.Error, StringComparison.Ordinal);
        }
        else
        {
            Assert.False(GpuChoice.IsRequired(Environment.GetEnvironmentVariable(GpuChoice.Variable)), "Vulkan with its validation layer is required.");
        }
    }

    [Fact]
    public async Task List_NamesEveryCheck()
    {
        SampleRun run = await RunAsync(require: null, s_noDrivers, "--list");

        Assert.Equal(0, run.ExitCode);
        Assert.All(DriverConformance.Checks, check => Assert.Contains(check.Name, run.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--check")]
    [InlineData("--check", "no-such-check")]
    [InlineData("--device", "")]
    [InlineData("--rounds", "0")]
    [InlineData("--rounds", "100001")]
    [InlineData("--rounds", "many")]
    [InlineData("--frobnicate")]
    [InlineData("surplus")]
    public async Task InvalidOption_CostsOneLineAndExitCode2(params string[] arguments)
    {
        SampleRun run = await RunAsync(require: null, s_noDrivers, arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith("vulkan-driver: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("uffd,uring", false)]
    [InlineData("vulkans", false)]
    [InlineData("vulkan", true)]
    [InlineData("uffd, vulkan", true)]
    public void Requirement_IsAWordOfTheList(string? list, bool isRequired) => Assert.Equal(isRequired, GpuChoice.IsRequired(list));

    private static Task<SampleRun> RunAsync(string? require, IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        SampleProcess.RunAsync(arguments, require, typeof(GpuChoice).Assembly.Location, environment);
}
