// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>The loader, and what can be called before there is an instance.</summary>
/// <remarks>
/// Everything is called through pointers that the loader hands out, so nothing has to be there when the sample is built or started. None
/// of the calls suppresses the GC transition: some sleep, and some call back.
/// </remarks>
internal static unsafe class VulkanLibrary
{
    private static readonly string[] s_names = OperatingSystem.IsWindows() ? ["vulkan-1.dll"] : ["libvulkan.so.1", "libvulkan.so"];
    private static readonly delegate* unmanaged<nint, byte*, nint> s_find = Load();

    internal static bool IsThere => s_find is not null;

    /// <param name="instance">Zero for what needs none.</param>
    /// <param name="name">A literal: the compiler puts a zero behind it, as behind every literal of this kind.</param>
    internal static nint Find(nint instance, ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
        {
            nint address = s_find(instance, text);
            return address != 0 ? address : throw new EntryPointNotFoundException(System.Text.Encoding.ASCII.GetString(name));
        }
    }

    internal static bool HasLayer(ReadOnlySpan<byte> name)
    {
        var enumerate = (delegate* unmanaged<uint*, LayerProperties*, int>)Find(0, "vkEnumerateInstanceLayerProperties"u8);
        uint count = 0;
        VulkanException.Check(enumerate(&count, null), "vkEnumerateInstanceLayerProperties");
        LayerProperties[] layers = new LayerProperties[count];
        fixed (LayerProperties* first = layers)
        {
            VulkanException.Check(enumerate(&count, first), "vkEnumerateInstanceLayerProperties");
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

    private static delegate* unmanaged<nint, byte*, nint> Load()
    {
        foreach (string name in s_names)
        {
            if (NativeLibrary.TryLoad(name, out nint library)
                && NativeLibrary.TryGetExport(library, "vkGetInstanceProcAddr", out nint address))
            {
                return (delegate* unmanaged<nint, byte*, nint>)address;
            }
        }

        return null;
    }
}
