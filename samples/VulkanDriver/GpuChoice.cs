// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit.Samples.VulkanDriver.Vulkan;

namespace FenceKit.Samples.VulkanDriver;

/// <summary>Finds a GPU that has what the sample needs, or says why there is none.</summary>
internal static class GpuChoice
{
    internal const string Variable = "FENCEKIT_REQUIRE";

    /// <summary>Whether Vulkan, with its validation layer, must be there.</summary>
    internal static bool IsRequired(string? list) =>
        (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains("vulkan");

    /// <summary>Whole pages, as far as they go into what the GPU can import.</summary>
    internal static int BlockSizeOf(PhysicalDevice physical) => (int)Math.Max((ulong)Environment.SystemPageSize, physical.Alignment);

    /// <summary>Chooses a device: hardware before software.</summary>
    /// <param name="name">A part of its name; null for any.</param>
    /// <param name="chosen">The device.</param>
    /// <returns>Why there is none; null when there is one.</returns>
    internal static string? TryChoose(string? name, out PhysicalDevice? chosen)
    {
        chosen = null;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            return "the sample maps its memory as Linux does on x64 and arm64";
        }

        try
        {
            PhysicalDevice[] devices = PhysicalDevice.All(VulkanInstance.Current);
            PhysicalDevice[] named = [.. devices.Where(device => device.Name.Contains(name ?? "", StringComparison.OrdinalIgnoreCase))];
            chosen = Array.Find(named, static device => device.WhyNot is null);
            return chosen is not null ? null
                : devices is [] ? "there is no device"
                : named is [] ? $"no device has '{name}' in its name: {string.Join(", ", devices.Select(static device => device.Name))}"
                : $"{named[0].Name}: {named[0].WhyNot}";
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException or VulkanException)
        {
            return missing.Message;
        }
    }
}
