// SPDX-License-Identifier: MIT
using FenceKit.Samples.VulkanDriver.Shaders;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

// The shader, and the commands that run it.
internal sealed unsafe partial class GpuDevice
{
    private readonly ulong _setLayout;
    private readonly ulong _layout;
    private readonly ulong _shader;
    private readonly ulong _pipeline;
    private readonly ulong _setPool;
    private readonly ulong[] _sets; // one a block
    private readonly ulong _commandPool;
    private readonly nint[] _commandBuffers; // one a slot

    /// <summary>Writes down what a job is to do. The last job of the slot is over.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="block">A block that is imported.</param>
    /// <param name="words">How many words it has.</param>
    /// <param name="seed">What each begins with.</param>
    /// <param name="rounds">How often it is mixed.</param>
    internal void Record(int slot, int block, uint words, uint seed, uint rounds)
    {
        nint buffer = _commandBuffers[slot];
        CommandBufferBeginInfo begin = new() { Type = StructureType.CommandBufferBeginInfo, Flags = VulkanNumbers.OneTimeSubmit };
        DeviceCalls.Check(
            ((delegate* unmanaged<nint, CommandBufferBeginInfo*, int>)_calls.Find("vkBeginCommandBuffer"u8))(buffer, &begin),
            "vkBeginCommandBuffer"u8);
        ((delegate* unmanaged<nint, uint, ulong, void>)_calls.Find("vkCmdBindPipeline"u8))(buffer, VulkanNumbers.ComputeBindPoint, _pipeline);
        ulong set = _sets[block];
        ((delegate* unmanaged<nint, uint, ulong, uint, uint, ulong*, uint, uint*, void>)_calls.Find("vkCmdBindDescriptorSets"u8))(
            buffer, VulkanNumbers.ComputeBindPoint, _layout, 0, 1, &set, 0, null);
        uint* push = stackalloc uint[MixShader.PushWords] { words, seed, rounds };
        ((delegate* unmanaged<nint, ulong, uint, uint, uint, void*, void>)_calls.Find("vkCmdPushConstants"u8))(
            buffer, _layout, VulkanNumbers.ComputeStage, 0, MixShader.PushWords * sizeof(uint), push);

        // Jobs on the same block write one after the other, and the host sees what they wrote once the timeline says that they are done.
        Barrier(buffer, VulkanNumbers.ComputePipelineStage, VulkanNumbers.ComputePipelineStage, VulkanNumbers.ShaderWrite);
        uint groups = (words + MixShader.GroupSize - 1) / MixShader.GroupSize;
        ((delegate* unmanaged<nint, uint, uint, uint, void>)_calls.Find("vkCmdDispatch"u8))(buffer, groups, 1, 1);
        Barrier(buffer, VulkanNumbers.ComputePipelineStage, VulkanNumbers.HostPipelineStage, VulkanNumbers.HostRead);
        DeviceCalls.Check(((delegate* unmanaged<nint, int>)_calls.Find("vkEndCommandBuffer"u8))(buffer), "vkEndCommandBuffer"u8);
    }

    private void Barrier(nint buffer, uint from, uint to, uint access)
    {
        MemoryBarrier barrier = new()
        {
            Type = StructureType.MemoryBarrier,
            SourceAccess = VulkanNumbers.ShaderWrite,
            TargetAccess = access,
        };
        ((delegate* unmanaged<nint, uint, uint, uint, uint, MemoryBarrier*, uint, void*, uint, void*, void>)
            _calls.Find("vkCmdPipelineBarrier"u8))(buffer, from, to, 0, 1, &barrier, 0, null, 0, null);
    }

    private ulong CreateShader()
    {
        uint[] words = MixShader.Assemble();
        fixed (uint* code = words)
        {
            ShaderModuleCreateInfo create = new()
            {
                Type = StructureType.ShaderModuleCreateInfo,
                Size = (nuint)words.Length * sizeof(uint),
                Code = code,
            };
            return _calls.Create("vkCreateShaderModule"u8, ref create);
        }
    }

    private ulong CreateSetLayout()
    {
        DescriptorBinding binding = new()
        {
            DescriptorType = VulkanNumbers.StorageDescriptor,
            Count = 1,
            Stages = VulkanNumbers.ComputeStage,
        };
        DescriptorSetLayoutCreateInfo create = new() { Type = StructureType.DescriptorSetLayoutCreateInfo, Count = 1, Bindings = &binding };
        return _calls.Create("vkCreateDescriptorSetLayout"u8, ref create);
    }

    private ulong CreatePipelineLayout()
    {
        ulong set = _setLayout;
        PushConstantRange push = new() { Stages = VulkanNumbers.ComputeStage, Size = MixShader.PushWords * sizeof(uint) };
        PipelineLayoutCreateInfo create = new()
        {
            Type = StructureType.PipelineLayoutCreateInfo,
            SetCount = 1,
            Sets = &set,
            PushCount = 1,
            Pushes = &push,
        };
        return _calls.Create("vkCreatePipelineLayout"u8, ref create);
    }

    private ulong CreatePipeline()
    {
        byte* name = stackalloc byte[MixShader.EntryPoint.Length + 1]; // the zero is there already
        System.Text.Encoding.ASCII.GetBytes(MixShader.EntryPoint, new Span<byte>(name, MixShader.EntryPoint.Length));
        ComputePipelineCreateInfo create = new()
        {
            Type = StructureType.ComputePipelineCreateInfo,
            Stage = new PipelineStageCreateInfo
            {
                Type = StructureType.PipelineShaderStageCreateInfo,
                Stage = VulkanNumbers.ComputeStage,
                Module = _shader,
                Name = name,
            },
            Layout = _layout,
        };
        var call = (delegate* unmanaged<nint, ulong, uint, ComputePipelineCreateInfo*, void*, ulong*, int>)_calls.Find("vkCreateComputePipelines"u8);
        ulong pipeline;
        DeviceCalls.Check(call(_calls.Device, 0, 1, &create, null, &pipeline), "vkCreateComputePipelines"u8);
        return pipeline;
    }

    private ulong CreateSetPool(uint blocks)
    {
        DescriptorPoolSize size = new() { DescriptorType = VulkanNumbers.StorageDescriptor, Count = blocks };
        DescriptorPoolCreateInfo create = new()
        {
            Type = StructureType.DescriptorPoolCreateInfo,
            MaxSets = blocks,
            SizeCount = 1,
            Sizes = &size,
        };
        return _calls.Create("vkCreateDescriptorPool"u8, ref create);
    }

    private ulong[] AllocateSets(int blocks)
    {
        ulong[] layouts = new ulong[blocks];
        Array.Fill(layouts, _setLayout);
        ulong[] sets = new ulong[blocks];
        fixed (ulong* layout = layouts, first = sets)
        {
            DescriptorSetAllocateInfo allocate = new()
            {
                Type = StructureType.DescriptorSetAllocateInfo,
                Pool = _setPool,
                Count = (uint)blocks,
                Layouts = layout,
            };
            var call = (delegate* unmanaged<nint, DescriptorSetAllocateInfo*, ulong*, int>)_calls.Find("vkAllocateDescriptorSets"u8);
            DeviceCalls.Check(call(_calls.Device, &allocate, first), "vkAllocateDescriptorSets"u8);
        }

        return sets;
    }

    private ulong CreateCommandPool(uint family)
    {
        CommandPoolCreateInfo create = new()
        {
            Type = StructureType.CommandPoolCreateInfo,
            Flags = VulkanNumbers.ResetCommandBuffers,
            Family = family,
        };
        return _calls.Create("vkCreateCommandPool"u8, ref create);
    }

    private nint[] AllocateCommandBuffers(int depth)
    {
        nint[] buffers = new nint[depth];
        CommandBufferAllocateInfo allocate = new() { Type = StructureType.CommandBufferAllocateInfo, Pool = _commandPool, Count = (uint)depth };
        var call = (delegate* unmanaged<nint, CommandBufferAllocateInfo*, nint*, int>)_calls.Find("vkAllocateCommandBuffers"u8);
        fixed (nint* first = buffers)
        {
            DeviceCalls.Check(call(_calls.Device, &allocate, first), "vkAllocateCommandBuffers"u8);
        }

        return buffers;
    }
}
