// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver.Vulkan;

// Vulkan's structures, field by field in its order: handles that are pointers everywhere are nint, the others ulong.

internal unsafe struct ApplicationInfo
{
    internal StructureType Type;
    internal void* Next;
    internal byte* ApplicationName;
    internal uint ApplicationVersion;
    internal byte* EngineName;
    internal uint EngineVersion;
    internal uint ApiVersion;
}

internal unsafe struct InstanceCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal ApplicationInfo* Application;
    internal uint LayerCount;
    internal byte** Layers;
    internal uint ExtensionCount;
    internal byte** Extensions;
}

internal unsafe struct DebugMessengerCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint Severities;
    internal uint Types;
    internal delegate* unmanaged<uint, uint, DebugMessage*, void*, uint> Callback;
    internal void* UserData;
}

/// <summary>The beginning of VkDebugUtilsMessengerCallbackDataEXT.</summary>
internal unsafe struct DebugMessage
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal byte* IdName;
    internal int IdNumber;
    internal byte* Text;
}

/// <summary>VkLayerProperties.</summary>
internal unsafe struct LayerProperties
{
    internal fixed byte Name[256];
    internal uint SpecVersion;
    internal uint ImplementationVersion;
    internal fixed byte Description[256];
}

internal unsafe struct ExtensionProperties
{
    internal fixed byte Name[256];
    internal uint SpecVersion;
}

/// <summary>VkPhysicalDeviceProperties2; what the sample does not read is left room for.</summary>
internal unsafe struct DeviceProperties2
{
    internal StructureType Type;
    internal void* Next;
    internal uint ApiVersion;
    internal uint DriverVersion;
    internal uint VendorId;
    internal uint DeviceId;
    internal uint DeviceType;
    internal fixed byte Name[256];
    internal fixed uint Rest[256];
}

internal unsafe struct ExternalMemoryHostProperties
{
    internal StructureType Type;
    internal void* Next;
    internal ulong MinImportedHostPointerAlignment;
}

/// <summary>VkPhysicalDeviceFeatures2; its features are not read.</summary>
internal unsafe struct Features2
{
    internal StructureType Type;
    internal void* Next;
    internal fixed uint Features[64];
}

internal unsafe struct TimelineSemaphoreFeatures
{
    internal StructureType Type;
    internal void* Next;
    internal uint TimelineSemaphore;
}

internal struct QueueFamilyProperties
{
    internal uint Flags;
    internal uint Count;
    internal uint TimestampBits;
    internal uint Width;
    internal uint Height;
    internal uint Depth;
}

internal unsafe struct MemoryProperties
{
    internal uint TypeCount;
    internal fixed uint Types[2 * 32]; // flags, heap
    internal uint HeapCount;
    internal fixed ulong Heaps[2 * 16];
}

internal unsafe struct DeviceQueueCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint Family;
    internal uint Count;
    internal float* Priorities;
}

internal unsafe struct DeviceCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint QueueCount;
    internal DeviceQueueCreateInfo* Queues;
    internal uint LayerCount;
    internal byte** Layers;
    internal uint ExtensionCount;
    internal byte** Extensions;
    internal void* Features;
}

internal unsafe struct ShaderModuleCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal nuint Size;
    internal uint* Code;
}

internal struct DescriptorBinding
{
    internal uint Binding;
    internal uint DescriptorType;
    internal uint Count;
    internal uint Stages;
    internal nint Samplers;
}

internal unsafe struct DescriptorSetLayoutCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint Count;
    internal DescriptorBinding* Bindings;
}

internal struct PushConstantRange
{
    internal uint Stages;
    internal uint Offset;
    internal uint Size;
}

internal unsafe struct PipelineLayoutCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint SetCount;
    internal ulong* Sets;
    internal uint PushCount;
    internal PushConstantRange* Pushes;
}

internal unsafe struct PipelineStageCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint Stage;
    internal ulong Module;
    internal byte* Name;
    internal void* Specialization;
}

internal unsafe struct ComputePipelineCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal PipelineStageCreateInfo Stage;
    internal ulong Layout;
    internal ulong BasePipeline;
    internal int BaseIndex;
}

internal struct DescriptorPoolSize
{
    internal uint DescriptorType;
    internal uint Count;
}

internal unsafe struct DescriptorPoolCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint MaxSets;
    internal uint SizeCount;
    internal DescriptorPoolSize* Sizes;
}

internal unsafe struct DescriptorSetAllocateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal ulong Pool;
    internal uint Count;
    internal ulong* Layouts;
}

internal struct DescriptorBufferInfo
{
    internal ulong Buffer;
    internal ulong Offset;
    internal ulong Range;
}

internal unsafe struct WriteDescriptorSet
{
    internal StructureType Type;
    internal void* Next;
    internal ulong Set;
    internal uint Binding;
    internal uint ArrayElement;
    internal uint Count;
    internal uint DescriptorType;
    internal void* Image;
    internal DescriptorBufferInfo* Buffer;
    internal void* TexelBuffer;
}

internal unsafe struct CommandPoolCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint Family;
}

internal unsafe struct CommandBufferAllocateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal ulong Pool;
    internal uint Level;
    internal uint Count;
}

internal unsafe struct CommandBufferBeginInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal void* Inheritance;
}

internal unsafe struct MemoryBarrier
{
    internal StructureType Type;
    internal void* Next;
    internal uint SourceAccess;
    internal uint TargetAccess;
}

internal unsafe struct SemaphoreCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
}

internal unsafe struct SemaphoreTypeCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint SemaphoreType;
    internal ulong InitialValue;
}

internal unsafe struct TimelineSubmitInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint WaitCount;
    internal ulong* WaitValues;
    internal uint SignalCount;
    internal ulong* SignalValues;
}

internal unsafe struct SubmitInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint WaitCount;
    internal ulong* WaitSemaphores;
    internal uint* WaitStages;
    internal uint CommandBufferCount;
    internal nint* CommandBuffers;
    internal uint SignalCount;
    internal ulong* SignalSemaphores;
}

internal unsafe struct SemaphoreWaitInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal uint Count;
    internal ulong* Semaphores;
    internal ulong* Values;
}

internal unsafe struct SemaphoreSignalInfo
{
    internal StructureType Type;
    internal void* Next;
    internal ulong Semaphore;
    internal ulong Value;
}

internal unsafe struct ExternalMemoryBufferCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint HandleTypes;
}

internal unsafe struct BufferCreateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint Flags;
    internal ulong Size;
    internal uint Usage;
    internal uint SharingMode;
    internal uint FamilyCount;
    internal uint* Families;
}

internal struct MemoryRequirements
{
    internal ulong Size;
    internal ulong Alignment;
    internal uint TypeBits;
}

internal unsafe struct HostPointerProperties
{
    internal StructureType Type;
    internal void* Next;
    internal uint TypeBits;
}

internal unsafe struct ImportHostPointerInfo
{
    internal StructureType Type;
    internal void* Next;
    internal uint HandleType;
    internal void* Pointer;
}

internal unsafe struct MemoryAllocateInfo
{
    internal StructureType Type;
    internal void* Next;
    internal ulong Size;
    internal uint TypeIndex;
}
