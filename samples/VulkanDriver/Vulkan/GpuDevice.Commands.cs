// SPDX-License-Identifier: MIT
using FenceKit.Samples.VulkanDriver.Shaders;
using Silk.NET.Vulkan;
using static FenceKit.Samples.VulkanDriver.Vulkan.VulkanException;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

// The shader, and the commands that run it.
internal sealed unsafe partial class GpuDevice
{
    private readonly DescriptorSetLayout _setLayout;
    private readonly PipelineLayout _layout;
    private readonly ShaderModule _shader;
    private readonly Pipeline _pipeline;
    private readonly DescriptorPool _setPool;
    private readonly DescriptorSet[] _sets; // one a block
    private readonly CommandPool _commandPool;
    private readonly CommandBuffer[] _commandBuffers; // one a slot

    /// <summary>Writes down what a job is to do. The last job of the slot is over.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="block">A block that is imported.</param>
    /// <param name="words">How many words it has.</param>
    /// <param name="seed">What each begins with.</param>
    /// <param name="rounds">How often it is mixed.</param>
    internal void Record(int slot, int block, uint words, uint seed, uint rounds)
    {
        CommandBuffer buffer = _commandBuffers[slot];
        CommandBufferBeginInfo begin = new(flags: CommandBufferUsageFlags.OneTimeSubmitBit);
        Check(_vulkan.BeginCommandBuffer(buffer, &begin));
        _vulkan.CmdBindPipeline(buffer, PipelineBindPoint.Compute, _pipeline);
        DescriptorSet set = _sets[block];
        _vulkan.CmdBindDescriptorSets(buffer, PipelineBindPoint.Compute, _layout, 0, 1, &set, 0, null);
        uint* push = stackalloc uint[MixShader.PushWords] { words, seed, rounds };
        _vulkan.CmdPushConstants(buffer, _layout, ShaderStageFlags.ComputeBit, 0, MixShader.PushWords * sizeof(uint), push);

        // Jobs on the same block write one after the other, and the host sees what they wrote once the timeline says that they are done.
        Barrier(buffer, PipelineStageFlags.ComputeShaderBit, PipelineStageFlags.ComputeShaderBit, AccessFlags.ShaderWriteBit);
        _vulkan.CmdDispatch(buffer, (words + MixShader.GroupSize - 1) / MixShader.GroupSize, 1, 1);
        Barrier(buffer, PipelineStageFlags.ComputeShaderBit, PipelineStageFlags.HostBit, AccessFlags.HostReadBit);
        Check(_vulkan.EndCommandBuffer(buffer));
    }

    private void Barrier(CommandBuffer buffer, PipelineStageFlags from, PipelineStageFlags to, AccessFlags access)
    {
        MemoryBarrier barrier = new(srcAccessMask: AccessFlags.ShaderWriteBit, dstAccessMask: access);
        _vulkan.CmdPipelineBarrier(buffer, from, to, 0, 1, &barrier, 0, null, 0, null);
    }

    private ShaderModule CreateShader()
    {
        byte[] code = MixShader.Load();
        fixed (byte* first = code)
        {
            ShaderModuleCreateInfo create = new(codeSize: (nuint)code.Length, pCode: (uint*)first);
            Check(_vulkan.CreateShaderModule(_device, &create, null, out ShaderModule shader));
            return shader;
        }
    }

    private DescriptorSetLayout CreateSetLayout()
    {
        DescriptorSetLayoutBinding binding = new(
            descriptorType: DescriptorType.StorageBuffer,
            descriptorCount: 1,
            stageFlags: ShaderStageFlags.ComputeBit);
        DescriptorSetLayoutCreateInfo create = new(bindingCount: 1, pBindings: &binding);
        Check(_vulkan.CreateDescriptorSetLayout(_device, &create, null, out DescriptorSetLayout layout));
        return layout;
    }

    private PipelineLayout CreatePipelineLayout()
    {
        DescriptorSetLayout set = _setLayout;
        PushConstantRange push = new(stageFlags: ShaderStageFlags.ComputeBit, size: MixShader.PushWords * sizeof(uint));
        PipelineLayoutCreateInfo create = new(setLayoutCount: 1, pSetLayouts: &set, pushConstantRangeCount: 1, pPushConstantRanges: &push);
        Check(_vulkan.CreatePipelineLayout(_device, &create, null, out PipelineLayout layout));
        return layout;
    }

    private Pipeline CreatePipeline()
    {
        fixed (byte* main = "main"u8)
        {
            PipelineShaderStageCreateInfo stage = new(stage: ShaderStageFlags.ComputeBit, module: _shader, pName: main);
            ComputePipelineCreateInfo create = new(stage: stage, layout: _layout);
            Check(_vulkan.CreateComputePipelines(_device, default, 1, &create, null, out Pipeline pipeline));
            return pipeline;
        }
    }

    private DescriptorPool CreateSetPool(uint blocks)
    {
        DescriptorPoolSize size = new(type: DescriptorType.StorageBuffer, descriptorCount: blocks);
        DescriptorPoolCreateInfo create = new(maxSets: blocks, poolSizeCount: 1, pPoolSizes: &size);
        Check(_vulkan.CreateDescriptorPool(_device, &create, null, out DescriptorPool pool));
        return pool;
    }

    private DescriptorSet[] AllocateSets(int blocks)
    {
        DescriptorSetLayout[] layouts = new DescriptorSetLayout[blocks];
        Array.Fill(layouts, _setLayout);
        DescriptorSet[] sets = new DescriptorSet[blocks];
        fixed (DescriptorSetLayout* layout = layouts)
        fixed (DescriptorSet* first = sets)
        {
            DescriptorSetAllocateInfo allocate = new(descriptorPool: _setPool, descriptorSetCount: (uint)blocks, pSetLayouts: layout);
            Check(_vulkan.AllocateDescriptorSets(_device, &allocate, first));
        }

        return sets;
    }

    private CommandPool CreateCommandPool(uint family)
    {
        CommandPoolCreateInfo create = new(flags: CommandPoolCreateFlags.ResetCommandBufferBit, queueFamilyIndex: family);
        Check(_vulkan.CreateCommandPool(_device, &create, null, out CommandPool pool));
        return pool;
    }

    private CommandBuffer[] AllocateCommandBuffers(int depth)
    {
        CommandBuffer[] buffers = new CommandBuffer[depth];
        CommandBufferAllocateInfo allocate = new(commandPool: _commandPool, commandBufferCount: (uint)depth);
        fixed (CommandBuffer* first = buffers)
        {
            Check(_vulkan.AllocateCommandBuffers(_device, &allocate, first));
        }

        return buffers;
    }
}
