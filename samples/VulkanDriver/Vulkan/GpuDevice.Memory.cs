// SPDX-License-Identifier: MIT
using System.Numerics;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

// Memory of the process, as the GPU sees it. An import is a translation that stays until it is released: the driver of a real GPU pins the
// pages, so that jobs go on writing to them whatever the address has come to show since; a software one keeps the address, and writes into
// whatever is there now, or crashes. Either is why its owner must have it released before the pages go.
internal sealed unsafe partial class GpuDevice
{
    private readonly Import[] _imports; // one a block
    private readonly uint _coherentTypes;

    private struct Import
    {
        internal ulong Buffer;
        internal ulong Memory;
    }

    /// <summary>How often a block was imported.</summary>
    internal long Imports { get; private set; }

    internal bool IsImported(int block) => _imports[block].Buffer != 0;

    /// <summary>Makes a block known to the GPU. After a failure nothing has changed.</summary>
    internal void ImportBlock(int block, nint address, int length)
    {
        uint types = TypesOf(address);
        ExternalMemoryBufferCreateInfo external = new()
        {
            Type = StructureType.ExternalMemoryBufferCreateInfo,
            HandleTypes = VulkanNumbers.HostPointer,
        };
        BufferCreateInfo create = new()
        {
            Type = StructureType.BufferCreateInfo,
            Next = &external,
            Size = (ulong)length,
            Usage = VulkanNumbers.StorageUsage,
        };
        Import import = new() { Buffer = _calls.Create("vkCreateBuffer"u8, ref create) };
        try
        {
            MemoryRequirements needs;
            ((delegate* unmanaged<nint, ulong, MemoryRequirements*, void>)_calls.Find("vkGetBufferMemoryRequirements"u8))(
                _calls.Device, import.Buffer, &needs);
            types &= needs.TypeBits & _coherentTypes;
            if (types == 0 || needs.Size > (ulong)length)
            {
                throw new VulkanException("vkGetMemoryHostPointerPropertiesEXT: no type of memory fits", -1000072003);
            }

            ImportHostPointerInfo pointer = new()
            {
                Type = StructureType.ImportMemoryHostPointerInfo,
                HandleType = VulkanNumbers.HostPointer,
                Pointer = (void*)address,
            };
            MemoryAllocateInfo allocate = new()
            {
                Type = StructureType.MemoryAllocateInfo,
                Next = &pointer,
                Size = (ulong)length,
                TypeIndex = (uint)BitOperations.TrailingZeroCount(types),
            };
            import.Memory = _calls.Create("vkAllocateMemory"u8, ref allocate);
            var bind = (delegate* unmanaged<nint, ulong, ulong, ulong, int>)_calls.Find("vkBindBufferMemory"u8);
            DeviceCalls.Check(bind(_calls.Device, import.Buffer, import.Memory, 0), "vkBindBufferMemory"u8);
        }
        catch (VulkanException)
        {
            Free(import);
            throw;
        }

        _imports[block] = import;
        Imports++;
        Describe(block, (ulong)length);
    }

    /// <summary>Forgets a block. No job that uses it may be running.</summary>
    internal void Release(int block)
    {
        Free(_imports[block]);
        _imports[block] = default;
    }

    private static uint FindCoherentTypes(VulkanInstance instance, nint physical)
    {
        MemoryProperties memory;
        ((delegate* unmanaged<nint, MemoryProperties*, void>)instance.Find("vkGetPhysicalDeviceMemoryProperties"u8))(physical, &memory);
        uint types = 0;
        for (int type = 0; type < memory.TypeCount; type++)
        {
            // Only these show the host what was written without being asked to.
            bool fits = (memory.Types[2 * type] & VulkanNumbers.HostVisibleCoherent) == VulkanNumbers.HostVisibleCoherent;
            types |= fits ? 1u << type : 0;
        }

        return types;
    }

    private uint TypesOf(nint address)
    {
        HostPointerProperties properties = new() { Type = StructureType.MemoryHostPointerProperties };
        var call = (delegate* unmanaged<nint, uint, void*, HostPointerProperties*, int>)_calls.Find("vkGetMemoryHostPointerPropertiesEXT"u8);
        DeviceCalls.Check(
            call(_calls.Device, VulkanNumbers.HostPointer, (void*)address, &properties), "vkGetMemoryHostPointerPropertiesEXT"u8);
        return properties.TypeBits;
    }

    private void Describe(int block, ulong length)
    {
        DescriptorBufferInfo buffer = new() { Buffer = _imports[block].Buffer, Range = length };
        WriteDescriptorSet write = new()
        {
            Type = StructureType.WriteDescriptorSet,
            Set = _sets[block],
            Count = 1,
            DescriptorType = VulkanNumbers.StorageDescriptor,
            Buffer = &buffer,
        };
        ((delegate* unmanaged<nint, uint, WriteDescriptorSet*, uint, void*, void>)_calls.Find("vkUpdateDescriptorSets"u8))(
            _calls.Device, 1, &write, 0, null);
    }

    private void Free(Import import)
    {
        if (import.Buffer != 0)
        {
            _calls.Destroy("vkDestroyBuffer"u8, import.Buffer);
        }

        if (import.Memory != 0)
        {
            _calls.Destroy("vkFreeMemory"u8, import.Memory);
        }
    }
}
