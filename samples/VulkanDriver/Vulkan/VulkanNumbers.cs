// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>VkStructureType, as far as the sample goes.</summary>
internal enum StructureType
{
    ApplicationInfo = 0,
    InstanceCreateInfo = 1,
    DeviceQueueCreateInfo = 2,
    DeviceCreateInfo = 3,
    SubmitInfo = 4,
    MemoryAllocateInfo = 5,
    SemaphoreCreateInfo = 9,
    BufferCreateInfo = 12,
    ShaderModuleCreateInfo = 16,
    PipelineShaderStageCreateInfo = 18,
    ComputePipelineCreateInfo = 29,
    PipelineLayoutCreateInfo = 30,
    DescriptorSetLayoutCreateInfo = 32,
    DescriptorPoolCreateInfo = 33,
    DescriptorSetAllocateInfo = 34,
    WriteDescriptorSet = 35,
    CommandPoolCreateInfo = 39,
    CommandBufferAllocateInfo = 40,
    CommandBufferBeginInfo = 42,
    MemoryBarrier = 46,
    Features2 = 1000059000,
    Properties2 = 1000059001,
    ExternalMemoryBufferCreateInfo = 1000072000,
    DebugUtilsMessengerCreateInfo = 1000128004,
    ImportMemoryHostPointerInfo = 1000178000,
    MemoryHostPointerProperties = 1000178001,
    ExternalMemoryHostProperties = 1000178002,
    TimelineSemaphoreFeatures = 1000207000,
    SemaphoreTypeCreateInfo = 1000207002,
    TimelineSemaphoreSubmitInfo = 1000207003,
    SemaphoreWaitInfo = 1000207004,
    SemaphoreSignalInfo = 1000207005,
}

/// <summary>Flags and other numbers of the Vulkan API, each after its name there.</summary>
internal static class VulkanNumbers
{
    internal const int Success = 0;
    internal const int Timeout = 2;                       // VK_TIMEOUT
    internal const uint Version12 = 1 << 22 | 2 << 12;    // VK_API_VERSION_1_2
    internal const uint ComputeQueue = 2;                 // VK_QUEUE_COMPUTE_BIT
    internal const uint HostPointer = 0x80;               // VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
    internal const uint StorageUsage = 0x20;              // VK_BUFFER_USAGE_STORAGE_BUFFER_BIT
    internal const uint StorageDescriptor = 7;            // VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
    internal const uint ComputeStage = 0x20;              // VK_SHADER_STAGE_COMPUTE_BIT
    internal const uint ComputePipelineStage = 0x800;     // VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT
    internal const uint HostPipelineStage = 0x4000;       // VK_PIPELINE_STAGE_HOST_BIT
    internal const uint ShaderRead = 0x20;                // VK_ACCESS_SHADER_READ_BIT
    internal const uint ShaderWrite = 0x40;               // VK_ACCESS_SHADER_WRITE_BIT
    internal const uint HostRead = 0x2000;                // VK_ACCESS_HOST_READ_BIT
    internal const uint ComputeBindPoint = 1;             // VK_PIPELINE_BIND_POINT_COMPUTE
    internal const uint ResetCommandBuffers = 2;          // VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT
    internal const uint OneTimeSubmit = 1;                // VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT
    internal const uint TimelineSemaphore = 1;            // VK_SEMAPHORE_TYPE_TIMELINE
    internal const uint HostVisibleCoherent = 2 | 4;      // VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | HOST_COHERENT_BIT
    internal const uint WarningsAndErrors = 0x100 | 0x1000; // VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | ERROR_BIT_EXT
    internal const uint ValidationMessages = 2;           // VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT
}
