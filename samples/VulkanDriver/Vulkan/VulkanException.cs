// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>A call into Vulkan did not succeed.</summary>
internal sealed class VulkanException(string call, int result) : Exception($"{call}: {Describe(result)}")
{
    internal static void Check(int result, string call)
    {
        if (result != VulkanNumbers.Success)
        {
            throw new VulkanException(call, result);
        }
    }

    private static string Describe(int result) => result switch
    {
        -1 => "out of host memory",
        -2 => "out of device memory",
        -3 => "initialization failed",
        -4 => "the device is lost",
        -6 => "a layer is missing",
        -7 => "an extension is missing",
        -8 => "a feature is missing",
        -9 => "no driver fits",
        -1000072003 => "the memory cannot be imported",
        VulkanNumbers.Timeout => "the time ran out",
        _ => $"result {result}",
    };
}
