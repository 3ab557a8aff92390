// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Silk.NET.Core;
using Silk.NET.Vulkan;
using static FenceKit.Samples.VulkanDriver.Vulkan.VulkanException;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>Vulkan itself: one per process, with the validation layer looking on where it is installed.</summary>
/// <remarks>
/// Silk.NET finds the loader and its calls when they are first wanted, so nothing has to be there when the sample is built or started. The
/// calls of extensions are in a package of theirs; the sample needs two, and asks the loader for them itself.
/// </remarks>
internal sealed unsafe class VulkanInstance
{
    private const int MostMessages = 100;
    private static readonly ConcurrentQueue<string> s_messages = new();
    private static readonly Lazy<VulkanInstance> s_current = new(static () => new VulkanInstance());

    private VulkanInstance()
    {
        Api = Load();
        IsValidated = HasLayer("VK_LAYER_KHRONOS_validation"u8);
        DebugUtilsMessengerCreateInfoEXT messenger = new(
            messageSeverity: DebugUtilsMessageSeverityFlagsEXT.WarningBitExt | DebugUtilsMessageSeverityFlagsEXT.ErrorBitExt,
            messageType: DebugUtilsMessageTypeFlagsEXT.ValidationBitExt,
            pfnUserCallback: new PfnDebugUtilsMessengerCallbackEXT(&OnMessage));
        fixed (byte* layer = "VK_LAYER_KHRONOS_validation"u8, extension = "VK_EXT_debug_utils"u8, name = "FenceKit"u8)
        {
            byte* layers = layer;
            byte* extensions = extension;
            ApplicationInfo application = new(pApplicationName: name, pEngineName: name, apiVersion: Vk.Version12);
            InstanceCreateInfo create = new(
                pNext: IsValidated ? &messenger : null, // for what is wrong with the instance itself
                pApplicationInfo: &application,
                enabledLayerCount: IsValidated ? 1u : 0,
                ppEnabledLayerNames: &layers,
                enabledExtensionCount: IsValidated ? 1u : 0,
                ppEnabledExtensionNames: &extensions);
            Check(Api.CreateInstance(&create, null, out Instance handle));
            Handle = handle;
        }

        if (IsValidated)
        {
            var createMessenger = (delegate* unmanaged<Instance, DebugUtilsMessengerCreateInfoEXT*, void*, ulong*, Result>)
                (nint)Api.GetInstanceProcAddr(Handle, "vkCreateDebugUtilsMessengerEXT");
            ulong ignored;
            Check(createMessenger(Handle, &messenger, null, &ignored), "CreateDebugUtilsMessengerEXT");
        }
    }

    /// <summary>The one of this process. It stays until the process ends.</summary>
    internal static VulkanInstance Current => s_current.Value;

    /// <summary>What the validation layer has complained about since the process began; at most 100.</summary>
    internal static IReadOnlyCollection<string> Messages => s_messages;

    /// <summary>All calls. They are the loader's own, so they are right for every device.</summary>
    internal Vk Api { get; }

    internal Instance Handle { get; }

    /// <summary>Whether the validation layer looks on.</summary>
    internal bool IsValidated { get; }

    private static Vk Load()
    {
        try
        {
            return Vk.GetApi();
        }
        catch (FileNotFoundException missing)
        {
            throw new DllNotFoundException("the Vulkan loader (libvulkan1) is not installed", missing);
        }
    }

    private bool HasLayer(ReadOnlySpan<byte> name)
    {
        uint count = 0;
        Check(Api.EnumerateInstanceLayerProperties(&count, null));
        LayerProperties[] layers = new LayerProperties[count];
        fixed (LayerProperties* first = layers)
        {
            Check(Api.EnumerateInstanceLayerProperties(&count, first));
            for (uint i = 0; i < count; i++)
            {
                if (MemoryMarshal.CreateReadOnlySpanFromNullTerminated(first[i].LayerName).SequenceEqual(name))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // On whatever thread made the mistake, in the midst of its call: it may write things down and nothing else.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Bool32 OnMessage(
        DebugUtilsMessageSeverityFlagsEXT severity, DebugUtilsMessageTypeFlagsEXT types, DebugUtilsMessengerCallbackDataEXT* message, void* user)
    {
        if (s_messages.Count < MostMessages)
        {
            s_messages.Enqueue(Marshal.PtrToStringUTF8((nint)message->PMessage) ?? "");
        }

        return false;
    }
}
