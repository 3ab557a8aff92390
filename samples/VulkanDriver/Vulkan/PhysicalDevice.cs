// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Silk.NET.Core;
using Silk.NET.Vulkan;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>One device of the machine, and whether it has what the sample needs.</summary>
internal sealed unsafe class PhysicalDevice
{
    private readonly Version32 _version;

    private PhysicalDevice(Vk api, Silk.NET.Vulkan.PhysicalDevice handle)
    {
        Handle = handle;
        PhysicalDeviceExternalMemoryHostPropertiesEXT memory = new() { SType = StructureType.PhysicalDeviceExternalMemoryHostPropertiesExt };
        bool canImport = api.IsDeviceExtensionPresent(handle, "VK_EXT_external_memory_host");
        PhysicalDeviceProperties2 all = new(pNext: canImport ? &memory : null);
        api.GetPhysicalDeviceProperties2(handle, &all);
        Name = Marshal.PtrToStringUTF8((nint)all.Properties.DeviceName) ?? "";
        Kind = all.Properties.DeviceType;
        Alignment = memory.MinImportedHostPointerAlignment;
        _version = (Version32)all.Properties.ApiVersion;
        Family = FindComputeFamily(api, handle);
        WhyNot = all.Properties.ApiVersion < Vk.Version12 ? "it has no Vulkan 1.2"
            : !canImport ? "it cannot import memory of the host (VK_EXT_external_memory_host)"
            : !HasTimelines(api, handle) ? "it has no timeline semaphores"
            : Family < 0 ? "it does not compute"
            : null;
    }

    internal Silk.NET.Vulkan.PhysicalDevice Handle { get; }

    internal string Name { get; }

    internal PhysicalDeviceType Kind { get; }

    /// <summary>What imported memory must begin and end at a multiple of, in bytes.</summary>
    internal ulong Alignment { get; }

    /// <summary>The family of a queue that computes; negative when there is none.</summary>
    internal int Family { get; }

    /// <summary>What it lacks; null when it has everything.</summary>
    internal string? WhyNot { get; }

    public override string ToString() => $"{Name} ({Describe(Kind)}, Vulkan {_version.Major}.{_version.Minor}.{_version.Patch})";

    /// <summary>All devices, hardware before software.</summary>
    internal static PhysicalDevice[] All(VulkanInstance instance) =>
        [.. instance.Api.GetPhysicalDevices(instance.Handle).Select(handle => new PhysicalDevice(instance.Api, handle)).OrderBy(static device => Rank(device.Kind))];

    private static string Describe(PhysicalDeviceType kind) => kind switch
    {
        PhysicalDeviceType.IntegratedGpu => "integrated GPU",
        PhysicalDeviceType.DiscreteGpu => "discrete GPU",
        PhysicalDeviceType.VirtualGpu => "virtual GPU",
        PhysicalDeviceType.Cpu => "CPU",
        _ => "other",
    };

    private static int Rank(PhysicalDeviceType kind) => kind switch
    {
        PhysicalDeviceType.DiscreteGpu => 0,
        PhysicalDeviceType.IntegratedGpu => 1,
        PhysicalDeviceType.VirtualGpu => 2,
        _ => 3,
    };

    private static bool HasTimelines(Vk api, Silk.NET.Vulkan.PhysicalDevice handle)
    {
        PhysicalDeviceTimelineSemaphoreFeatures timelines = new() { SType = StructureType.PhysicalDeviceTimelineSemaphoreFeatures };
        PhysicalDeviceFeatures2 features = new(pNext: &timelines);
        api.GetPhysicalDeviceFeatures2(handle, &features);
        return timelines.TimelineSemaphore;
    }

    private static int FindComputeFamily(Vk api, Silk.NET.Vulkan.PhysicalDevice handle)
    {
        uint count = 0;
        api.GetPhysicalDeviceQueueFamilyProperties(handle, &count, null);
        QueueFamilyProperties[] families = new QueueFamilyProperties[count];
        fixed (QueueFamilyProperties* first = families)
        {
            api.GetPhysicalDeviceQueueFamilyProperties(handle, &count, first);
        }

        return Array.FindIndex(families, static family => family.QueueFlags.HasFlag(QueueFlags.ComputeBit));
    }
}
