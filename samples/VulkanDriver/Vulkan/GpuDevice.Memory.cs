// SPDX-License-Identifier: MIT
using System.Numerics;
using Silk.NET.Vulkan;
using static FenceKit.Samples.VulkanDriver.Vulkan.VulkanException;
using Buffer = Silk.NET.Vulkan.Buffer;
using LogicalDevice = Silk.NET.Vulkan.Device;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

// Memory of the process, as the GPU sees it. An import is a translation that stays until it is released: the driver of a real GPU pins the
// pages, so that jobs go on writing to them whatever the address has come to show since; a software one keeps the address, and writes into
// whatever is there now, or crashes. Either is why its owner must have it released before the pages go.
internal sealed unsafe partial class GpuDevice
{
    private readonly Import[] _imports; // one a block
    private readonly uint _coherentTypes;
    private readonly delegate* unmanaged<LogicalDevice, ExternalMemoryHandleTypeFlags, void*, MemoryHostPointerPropertiesEXT*, Result> _propertiesOf;

    private struct Import
    {
        internal Buffer Buffer;
        internal DeviceMemory Memory;
    }

    /// <summary>How often a block was imported.</summary>
    internal long Imports { get; private set; }

    internal bool IsImported(int block) => _imports[block].Buffer.Handle != 0;

    /// <summary>Makes a block known to the GPU. After a failure nothing has changed.</summary>
    internal void ImportBlock(int block, nint address, int length)
    {
        uint types = TypesOf(address);
        ExternalMemoryBufferCreateInfo external = new(handleTypes: ExternalMemoryHandleTypeFlags.HostAllocationBitExt);
        BufferCreateInfo create = new(pNext: &external, size: (ulong)length, usage: BufferUsageFlags.StorageBufferBit);
        Import import = default;
        Check(_vulkan.CreateBuffer(_device, &create, null, out import.Buffer));
        try
        {
            MemoryRequirements needs;
            _vulkan.GetBufferMemoryRequirements(_device, import.Buffer, &needs);
            types &= needs.MemoryTypeBits & _coherentTypes;
            if (types == 0 || needs.Size > (ulong)length)
            {
                throw new VulkanException("vkGetMemoryHostPointerPropertiesEXT: no type of memory fits", Result.ErrorInvalidExternalHandle);
            }

            ImportMemoryHostPointerInfoEXT pointer = new(handleType: ExternalMemoryHandleTypeFlags.HostAllocationBitExt, pHostPointer: (void*)address);
            MemoryAllocateInfo allocate = new(
                pNext: &pointer,
                allocationSize: (ulong)length,
                memoryTypeIndex: (uint)BitOperations.TrailingZeroCount(types));
            Check(_vulkan.AllocateMemory(_device, &allocate, null, out import.Memory));
            Check(_vulkan.BindBufferMemory(_device, import.Buffer, import.Memory, 0));
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

    private uint FindCoherentTypes(PhysicalDevice physical)
    {
        // Only these show the host what was written without being asked to.
        const MemoryPropertyFlags Coherent = MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit;
        _vulkan.GetPhysicalDeviceMemoryProperties(physical.Handle, out PhysicalDeviceMemoryProperties memory);
        uint types = 0;
        for (int type = 0; type < memory.MemoryTypeCount; type++)
        {
            types |= memory.MemoryTypes[type].PropertyFlags.HasFlag(Coherent) ? 1u << type : 0;
        }

        return types;
    }

    private uint TypesOf(nint address)
    {
        MemoryHostPointerPropertiesEXT properties = new() { SType = StructureType.MemoryHostPointerPropertiesExt };
        Check(
            _propertiesOf(_device, ExternalMemoryHandleTypeFlags.HostAllocationBitExt, (void*)address, &properties),
            "GetMemoryHostPointerPropertiesEXT");
        return properties.MemoryTypeBits;
    }

    private void Describe(int block, ulong length)
    {
        DescriptorBufferInfo buffer = new(buffer: _imports[block].Buffer, range: length);
        WriteDescriptorSet write = new(
            dstSet: _sets[block],
            descriptorCount: 1,
            descriptorType: DescriptorType.StorageBuffer,
            pBufferInfo: &buffer);
        _vulkan.UpdateDescriptorSets(_device, 1, &write, 0, null);
    }

    private void Free(Import import)
    {
        // Vulkan takes a handle of zero for nothing to do.
        _vulkan.DestroyBuffer(_device, import.Buffer, null);
        _vulkan.FreeMemory(_device, import.Memory, null);
    }
}
