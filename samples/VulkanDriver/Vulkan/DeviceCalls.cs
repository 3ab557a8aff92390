// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>The calls of one device, asked for once: through these pointers there is no more dispatch in the loader.</summary>
internal sealed unsafe class DeviceCalls(VulkanInstance instance, nint device)
{
    private readonly delegate* unmanaged<nint, byte*, nint> _find =
        (delegate* unmanaged<nint, byte*, nint>)instance.Find("vkGetDeviceProcAddr"u8);

    internal nint Device => device;

    /// <summary>vkCreate…(device, info, allocator, handle): every kind of object has the same shape.</summary>
    internal ulong Create<TInfo>(ReadOnlySpan<byte> call, ref TInfo info)
        where TInfo : unmanaged
    {
        ulong handle;
        fixed (TInfo* pointer = &info)
        {
            Check(((delegate* unmanaged<nint, TInfo*, void*, ulong*, int>)Find(call))(device, pointer, null, &handle), call);
        }

        return handle;
    }

    /// <summary>vkDestroy…(device, handle, allocator), vkFreeMemory.</summary>
    internal void Destroy(ReadOnlySpan<byte> call, ulong handle) =>
        ((delegate* unmanaged<nint, ulong, void*, void>)Find(call))(device, handle, null);

    internal nint Find(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
        {
            nint address = _find(device, text);
            return address != 0 ? address : throw new EntryPointNotFoundException(System.Text.Encoding.ASCII.GetString(name));
        }
    }

    internal static void Check(int result, ReadOnlySpan<byte> call)
    {
        if (result != VulkanNumbers.Success)
        {
            throw new VulkanException(System.Text.Encoding.ASCII.GetString(call), result);
        }
    }
}
