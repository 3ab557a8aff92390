// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Silk.NET.Vulkan;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>A call into Vulkan did not succeed.</summary>
internal sealed class VulkanException(string call, Result result) : Exception($"{call}: {result}")
{
    /// <param name="result">What the call returned.</param>
    /// <param name="call">The call, as it stands in the source; nothing is made of it as long as all is well.</param>
    internal static void Check(Result result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != Result.Success)
        {
            string name = call.Split('(')[0];
            throw new VulkanException("vk" + name[(name.LastIndexOf('.') + 1)..], result);
        }
    }
}
