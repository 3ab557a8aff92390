// SPDX-License-Identifier: MIT
using Silk.NET.Vulkan;
using static FenceKit.Samples.VulkanDriver.Vulkan.VulkanException;
using LogicalDevice = Silk.NET.Vulkan.Device; // Vulkan's own word for it
using Semaphore = Silk.NET.Vulkan.Semaphore;

namespace FenceKit.Samples.VulkanDriver.Vulkan;

/// <summary>One job as the hardware takes it: which recorded commands to run, what to wait for, and what to count up to.</summary>
/// <param name="Slot">Whose command buffer.</param>
/// <param name="Gate">The value of the gate to wait for; 0 for none.</param>
/// <param name="Value">What the timeline reads when it is done: one more than for the job before.</param>
internal readonly record struct GpuSubmission(int Slot, ulong Gate, ulong Value);

/// <summary>A device, one queue of it, and its timelines: <c>done</c> counts jobs, <c>gate</c> holds jobs up.</summary>
/// <remarks>
/// Vulkan wants most calls one at a time. <see cref="Record"/>, <see cref="Submit"/>, <see cref="ImportBlock"/>, <see cref="Release"/> and
/// <see cref="Dispose"/> are for the calls of a DeviceQueue, which come one at a time anyway; the others may be called from anywhere.
/// </remarks>
internal sealed unsafe partial class GpuDevice : IDisposable
{
    internal const int MaxBatch = 16;

    private readonly Vk _vulkan;
    private readonly LogicalDevice _device;
    private readonly Queue _queue;
    private readonly Semaphore _done;
    private readonly Semaphore _gate;
    private readonly Lock _opening = new();
    private ulong _gateValue; // written under _opening
    private bool _disposed;

    internal GpuDevice(PhysicalDevice physical, int blocks, int depth)
    {
        VulkanInstance instance = VulkanInstance.Current;
        uint family = (uint)physical.Family;
        _vulkan = instance.Api;
        _device = CreateDevice(physical, family);
        _queue = _vulkan.GetDeviceQueue(_device, family, 0);
        _propertiesOf = (delegate* unmanaged<LogicalDevice, ExternalMemoryHandleTypeFlags, void*, MemoryHostPointerPropertiesEXT*, Result>)
            (nint)_vulkan.GetDeviceProcAddr(_device, "vkGetMemoryHostPointerPropertiesEXT");
        _done = CreateTimeline();
        _gate = CreateTimeline();
        _setLayout = CreateSetLayout();
        _layout = CreatePipelineLayout();
        _shader = CreateShader();
        _pipeline = CreatePipeline();
        _setPool = CreateSetPool((uint)blocks);
        _sets = AllocateSets(blocks);
        _commandPool = CreateCommandPool(family);
        _commandBuffers = AllocateCommandBuffers(depth);
        _imports = new Import[blocks];
        _coherentTypes = FindCoherentTypes(physical);
    }

    /// <summary>How far the gate is open.</summary>
    internal ulong GateValue => Volatile.Read(ref _gateValue);

    /// <summary>Hands recorded jobs to the queue, in order, in one call.</summary>
    internal void Submit(ReadOnlySpan<GpuSubmission> jobs)
    {
        SubmitInfo* submits = stackalloc SubmitInfo[MaxBatch];
        TimelineSemaphoreSubmitInfo* timelines = stackalloc TimelineSemaphoreSubmitInfo[MaxBatch];
        CommandBuffer* buffers = stackalloc CommandBuffer[MaxBatch];
        ulong* gates = stackalloc ulong[MaxBatch];
        ulong* values = stackalloc ulong[MaxBatch];
        Semaphore done = _done;
        Semaphore gate = _gate;
        PipelineStageFlags stage = PipelineStageFlags.ComputeShaderBit;
        for (int i = 0; i < jobs.Length; i++)
        {
            uint waits = jobs[i].Gate == 0 ? 0u : 1;
            buffers[i] = _commandBuffers[jobs[i].Slot];
            gates[i] = jobs[i].Gate;
            values[i] = jobs[i].Value;
            timelines[i] = new TimelineSemaphoreSubmitInfo(
                waitSemaphoreValueCount: waits,
                pWaitSemaphoreValues: gates + i,
                signalSemaphoreValueCount: 1,
                pSignalSemaphoreValues: values + i);
            submits[i] = new SubmitInfo(
                pNext: timelines + i,
                waitSemaphoreCount: waits,
                pWaitSemaphores: &gate,
                pWaitDstStageMask: &stage,
                commandBufferCount: 1,
                pCommandBuffers: buffers + i,
                signalSemaphoreCount: 1,
                pSignalSemaphores: &done);
        }

        Check(_vulkan.QueueSubmit(_queue, (uint)jobs.Length, submits, default));
    }

    /// <summary>Breaks a rule of Vulkan on purpose, harmlessly: a timeline is moved to where it is.</summary>
    internal void Misuse()
    {
        lock (_opening)
        {
            SemaphoreSignalInfo signal = new(semaphore: _gate, value: _gateValue);
            _ = _vulkan.SignalSemaphore(_device, &signal);
        }
    }

    /// <summary>Lets jobs go on that wait for the gate up to a value.</summary>
    internal void OpenGate(ulong value)
    {
        lock (_opening)
        {
            if (value > _gateValue)
            {
                Signal(_gate, value);
                Volatile.Write(ref _gateValue, value);
            }
        }
    }

    /// <summary>Ends <see cref="WaitBeyond"/> for good. Everything that was submitted is done.</summary>
    /// <param name="last">The value of the last job.</param>
    /// <remarks>
    /// One timeline that the host moves on at the end, in place of a second one and a wait for either: a driver may poll in a loop to wait
    /// for one of several, as Mesa's software one does, and a core would be busy with nothing.
    /// </remarks>
    internal void EndWaits(ulong last) => Signal(_done, last + 1);

    /// <summary>Sleeps until more is done than that.</summary>
    /// <returns>How much is done.</returns>
    internal ulong WaitBeyond(ulong seen)
    {
        Wait(seen + 1, ulong.MaxValue);
        ulong value;
        Check(_vulkan.GetSemaphoreCounterValue(_device, _done, &value));
        return value;
    }

    /// <summary>Waits until so much is done.</summary>
    /// <returns>False when the time ran out.</returns>
    internal bool WaitFor(ulong value, TimeSpan patience) => Wait(value, (ulong)patience.TotalNanoseconds);

    /// <summary>Nothing that was submitted may be running.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        lock (_opening)
        {
            Volatile.Write(ref _gateValue, ulong.MaxValue); // whoever lets go only now finds the gate open, and touches nothing
        }

        for (int block = 0; block < _imports.Length; block++)
        {
            Release(block);
        }

        _vulkan.DestroyCommandPool(_device, _commandPool, null); // and its buffers
        _vulkan.DestroyDescriptorPool(_device, _setPool, null);   // and its sets
        _vulkan.DestroyPipeline(_device, _pipeline, null);
        _vulkan.DestroyShaderModule(_device, _shader, null);
        _vulkan.DestroyPipelineLayout(_device, _layout, null);
        _vulkan.DestroyDescriptorSetLayout(_device, _setLayout, null);
        _vulkan.DestroySemaphore(_device, _done, null);
        _vulkan.DestroySemaphore(_device, _gate, null);
        _vulkan.DestroyDevice(_device, null);
    }

    private LogicalDevice CreateDevice(PhysicalDevice physical, uint family)
    {
        PhysicalDeviceTimelineSemaphoreFeatures timelines = new(timelineSemaphore: true);
        float priority = 1;
        DeviceQueueCreateInfo queue = new(queueFamilyIndex: family, queueCount: 1, pQueuePriorities: &priority);
        fixed (byte* import = "VK_EXT_external_memory_host"u8)
        {
            byte* extensions = import;
            DeviceCreateInfo create = new(
                pNext: &timelines,
                queueCreateInfoCount: 1,
                pQueueCreateInfos: &queue,
                enabledExtensionCount: 1,
                ppEnabledExtensionNames: &extensions);
            Check(_vulkan.CreateDevice(physical.Handle, &create, null, out LogicalDevice device));
            return device;
        }
    }

    private Semaphore CreateTimeline()
    {
        SemaphoreTypeCreateInfo type = new(semaphoreType: SemaphoreType.Timeline);
        SemaphoreCreateInfo create = new(pNext: &type);
        Check(_vulkan.CreateSemaphore(_device, &create, null, out Semaphore semaphore));
        return semaphore;
    }

    private void Signal(Semaphore semaphore, ulong value)
    {
        SemaphoreSignalInfo signal = new(semaphore: semaphore, value: value);
        Check(_vulkan.SignalSemaphore(_device, &signal));
    }

    private bool Wait(ulong value, ulong nanoseconds)
    {
        Semaphore done = _done;
        SemaphoreWaitInfo wait = new(semaphoreCount: 1, pSemaphores: &done, pValues: &value);
        Result result = _vulkan.WaitSemaphores(_device, &wait, nanoseconds);
        if (result != Result.Timeout)
        {
            Check(result, "WaitSemaphores");
        }

        return result != Result.Timeout;
    }
}
