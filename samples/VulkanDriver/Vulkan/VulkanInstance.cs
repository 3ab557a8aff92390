// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>Vulkan itself: one per process, with the validation layer looking on where it is installed.</summary>
internal sealed unsafe class VulkanInstance
{
    private const int MostMessages = 100;
    private static readonly ConcurrentQueue<string> s_messages = new();
    private static readonly Lazy<VulkanInstance> s_current = new(static () => new VulkanInstance());

    private VulkanInstance()
    {
        if (!VulkanLibrary.IsThere)
        {
            throw new DllNotFoundException("the Vulkan loader (libvulkan1) is not installed");
        }

        IsValidated = VulkanLibrary.HasLayer("VK_LAYER_KHRONOS_validation"u8);
        DebugMessengerCreateInfo messenger = new()
        {
            Type = StructureType.DebugUtilsMessengerCreateInfo,
            Severities = VulkanNumbers.WarningsAndErrors,
            Types = VulkanNumbers.ValidationMessages,
            Callback = &OnMessage,
        };
        fixed (byte* layer = "VK_LAYER_KHRONOS_validation"u8, extension = "VK_EXT_debug_utils"u8, name = "FenceKit"u8)
        {
            byte* layers = layer;
            byte* extensions = extension;
            ApplicationInfo application = new()
            {
                Type = StructureType.ApplicationInfo,
                ApplicationName = name,
                EngineName = name,
                ApiVersion = VulkanNumbers.Version12,
            };
            InstanceCreateInfo create = new()
            {
                Type = StructureType.InstanceCreateInfo,
                Next = IsValidated ? &messenger : null, // for what is wrong with the instance itself
                Application = &application,
                LayerCount = IsValidated ? 1u : 0,
                Layers = &layers,
                ExtensionCount = IsValidated ? 1u : 0,
                Extensions = &extensions,
            };
            var createInstance = (delegate* unmanaged<InstanceCreateInfo*, void*, nint*, int>)VulkanLibrary.Find(0, "vkCreateInstance"u8);
            nint handle;
            VulkanException.Check(createInstance(&create, null, &handle), "vkCreateInstance");
            Handle = handle;
        }

        if (IsValidated)
        {
            var createMessenger = (delegate* unmanaged<nint, DebugMessengerCreateInfo*, void*, ulong*, int>)
                Find("vkCreateDebugUtilsMessengerEXT"u8);
            ulong ignored;
            VulkanException.Check(createMessenger(Handle, &messenger, null, &ignored), "vkCreateDebugUtilsMessengerEXT");
        }
    }

    /// <summary>The one of this process. It stays until the process ends.</summary>
    internal static VulkanInstance Current => s_current.Value;

    /// <summary>What the validation layer has complained about since the process began; at most 100.</summary>
    internal static IReadOnlyCollection<string> Messages => s_messages;

    internal nint Handle { get; }

    /// <summary>Whether the validation layer looks on.</summary>
    internal bool IsValidated { get; }

    internal nint Find(ReadOnlySpan<byte> name) => VulkanLibrary.Find(Handle, name);

    internal nint[] GetDevices()
    {
        var enumerate = (delegate* unmanaged<nint, uint*, nint*, int>)Find("vkEnumeratePhysicalDevices"u8);
        uint count = 0;
        VulkanException.Check(enumerate(Handle, &count, null), "vkEnumeratePhysicalDevices");
        nint[] devices = new nint[count];
        fixed (nint* first = devices)
        {
            VulkanException.Check(enumerate(Handle, &count, first), "vkEnumeratePhysicalDevices");
        }

        return devices;
    }

    // On whatever thread made the mistake, in the midst of its call: it may write things down and nothing else.
    [UnmanagedCallersOnly]
    private static uint OnMessage(uint severity, uint types, DebugMessage* message, void* user)
    {
        if (s_messages.Count < MostMessages)
        {
            s_messages.Enqueue(Marshal.PtrToStringUTF8((nint)message->Text) ?? "");
        }

        return 0;
    }
}
