// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>One device of the machine, and whether it has what the sample needs.</summary>
internal sealed unsafe class PhysicalDevice
{
    private static readonly string[] s_kinds = ["other", "integrated GPU", "discrete GPU", "virtual GPU", "CPU"];

    private PhysicalDevice(VulkanInstance instance, nint handle)
    {
        Handle = handle;
        ExternalMemoryHostProperties memory = new() { Type = StructureType.ExternalMemoryHostProperties };
        DeviceProperties2 properties = new() { Type = StructureType.Properties2 };
        bool canImport = HasExtension(instance, "VK_EXT_external_memory_host"u8);
        properties.Next = canImport ? &memory : null;
        ((delegate* unmanaged<nint, DeviceProperties2*, void>)instance.Find("vkGetPhysicalDeviceProperties2"u8))(handle, &properties);
        Name = Marshal.PtrToStringUTF8((nint)properties.Name) ?? "";
        Kind = properties.DeviceType;
        Alignment = memory.MinImportedHostPointerAlignment;
        ApiVersion = properties.ApiVersion;
        Family = FindComputeFamily(instance);
        WhyNot = properties.ApiVersion < VulkanNumbers.Version12 ? "it has no Vulkan 1.2"
            : !canImport ? "it cannot import memory of the host (VK_EXT_external_memory_host)"
            : !HasTimelines(instance) ? "it has no timeline semaphores"
            : Family < 0 ? "it does not compute"
            : null;
    }

    internal nint Handle { get; }

    internal string Name { get; }

    /// <summary>VkPhysicalDeviceType.</summary>
    internal uint Kind { get; }

    internal uint ApiVersion { get; }

    /// <summary>What imported memory must begin and end at a multiple of, in bytes.</summary>
    internal ulong Alignment { get; }

    /// <summary>The family of a queue that computes; negative when there is none.</summary>
    internal int Family { get; }

    /// <summary>What it lacks; null when it has everything.</summary>
    internal string? WhyNot { get; }

    public override string ToString() =>
        $"{Name} ({(Kind < s_kinds.Length ? s_kinds[Kind] : "unknown")}, Vulkan {ApiVersion >> 22}.{(ApiVersion >> 12) & 0x3FF}.{ApiVersion & 0xFFF})";

    /// <summary>All devices, hardware before software.</summary>
    internal static PhysicalDevice[] All(VulkanInstance instance) =>
        [.. instance.GetDevices().Select(handle => new PhysicalDevice(instance, handle)).OrderBy(static device => Rank(device.Kind))];

    private static int Rank(uint kind) => kind switch { 2 => 0, 1 => 1, 3 => 2, _ => 3 };

    private bool HasExtension(VulkanInstance instance, ReadOnlySpan<byte> name)
    {
        var enumerate = (delegate* unmanaged<nint, byte*, uint*, ExtensionProperties*, int>)instance.Find("vkEnumerateDeviceExtensionProperties"u8);
        uint count = 0;
        VulkanException.Check(enumerate(Handle, null, &count, null), "vkEnumerateDeviceExtensionProperties");
        ExtensionProperties[] extensions = new ExtensionProperties[count];
        fixed (ExtensionProperties* first = extensions)
        {
            VulkanException.Check(enumerate(Handle, null, &count, first), "vkEnumerateDeviceExtensionProperties");
            for (uint i = 0; i < count; i++)
            {
                if (MemoryMarshal.CreateReadOnlySpanFromNullTerminated(first[i].Name).SequenceEqual(name))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool HasTimelines(VulkanInstance instance)
    {
        TimelineSemaphoreFeatures timelines = new() { Type = StructureType.TimelineSemaphoreFeatures };
        Features2 features = new() { Type = StructureType.Features2, Next = &timelines };
        ((delegate* unmanaged<nint, Features2*, void>)instance.Find("vkGetPhysicalDeviceFeatures2"u8))(Handle, &features);
        return timelines.TimelineSemaphore != 0;
    }

    private int FindComputeFamily(VulkanInstance instance)
    {
        var get = (delegate* unmanaged<nint, uint*, QueueFamilyProperties*, void>)instance.Find("vkGetPhysicalDeviceQueueFamilyProperties"u8);
        uint count = 0;
        get(Handle, &count, null);
        QueueFamilyProperties[] families = new QueueFamilyProperties[count];
        fixed (QueueFamilyProperties* first = families)
        {
            get(Handle, &count, first);
        }

        return Array.FindIndex(families, static family => (family.Flags & VulkanNumbers.ComputeQueue) != 0);
    }
}
