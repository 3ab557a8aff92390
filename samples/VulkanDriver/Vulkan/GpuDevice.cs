// SPDX-License-Identifier: MIT
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

    private readonly DeviceCalls _calls;
    private readonly nint _queue;
    private readonly ulong _done;
    private readonly ulong _gate;
    private readonly Lock _opening = new();
    private ulong _gateValue; // written under _opening
    private bool _disposed;

    internal GpuDevice(PhysicalDevice physical, int blocks, int depth)
    {
        VulkanInstance instance = VulkanInstance.Current;
        uint family = (uint)physical.Family;
        _calls = new DeviceCalls(instance, CreateDevice(instance, physical.Handle, family));
        nint queue;
        ((delegate* unmanaged<nint, uint, uint, nint*, void>)_calls.Find("vkGetDeviceQueue"u8))(_calls.Device, family, 0, &queue);
        _queue = queue;
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
        _coherentTypes = FindCoherentTypes(instance, physical.Handle);
    }

    /// <summary>How far the gate is open.</summary>
    internal ulong GateValue => Volatile.Read(ref _gateValue);

    /// <summary>Hands recorded jobs to the queue, in order, in one call.</summary>
    internal void Submit(ReadOnlySpan<GpuSubmission> jobs)
    {
        SubmitInfo* submits = stackalloc SubmitInfo[MaxBatch];
        TimelineSubmitInfo* timelines = stackalloc TimelineSubmitInfo[MaxBatch];
        nint* buffers = stackalloc nint[MaxBatch];
        ulong* gates = stackalloc ulong[MaxBatch];
        ulong* values = stackalloc ulong[MaxBatch];
        ulong done = _done;
        ulong gate = _gate;
        uint stage = VulkanNumbers.ComputePipelineStage;
        for (int i = 0; i < jobs.Length; i++)
        {
            uint waits = jobs[i].Gate == 0 ? 0u : 1;
            buffers[i] = _commandBuffers[jobs[i].Slot];
            gates[i] = jobs[i].Gate;
            values[i] = jobs[i].Value;
            timelines[i] = new TimelineSubmitInfo
            {
                Type = StructureType.TimelineSemaphoreSubmitInfo,
                WaitCount = waits,
                WaitValues = gates + i,
                SignalCount = 1,
                SignalValues = values + i,
            };
            submits[i] = new SubmitInfo
            {
                Type = StructureType.SubmitInfo,
                Next = timelines + i,
                WaitCount = waits,
                WaitSemaphores = &gate,
                WaitStages = &stage,
                CommandBufferCount = 1,
                CommandBuffers = buffers + i,
                SignalCount = 1,
                SignalSemaphores = &done,
            };
        }

        var submit = (delegate* unmanaged<nint, uint, SubmitInfo*, ulong, int>)_calls.Find("vkQueueSubmit"u8);
        DeviceCalls.Check(submit(_queue, (uint)jobs.Length, submits, 0), "vkQueueSubmit"u8);
    }

    /// <summary>Breaks a rule of Vulkan on purpose, harmlessly: a timeline is moved to where it is.</summary>
    internal void Misuse()
    {
        lock (_opening)
        {
            SemaphoreSignalInfo signal = new() { Type = StructureType.SemaphoreSignalInfo, Semaphore = _gate, Value = _gateValue };
            _ = ((delegate* unmanaged<nint, SemaphoreSignalInfo*, int>)_calls.Find("vkSignalSemaphore"u8))(_calls.Device, &signal);
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
        var read = (delegate* unmanaged<nint, ulong, ulong*, int>)_calls.Find("vkGetSemaphoreCounterValue"u8);
        ulong value;
        DeviceCalls.Check(read(_calls.Device, _done, &value), "vkGetSemaphoreCounterValue"u8);
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

        _calls.Destroy("vkDestroyCommandPool"u8, _commandPool); // and its buffers
        _calls.Destroy("vkDestroyDescriptorPool"u8, _setPool);   // and its sets
        _calls.Destroy("vkDestroyPipeline"u8, _pipeline);
        _calls.Destroy("vkDestroyShaderModule"u8, _shader);
        _calls.Destroy("vkDestroyPipelineLayout"u8, _layout);
        _calls.Destroy("vkDestroyDescriptorSetLayout"u8, _setLayout);
        _calls.Destroy("vkDestroySemaphore"u8, _done);
        _calls.Destroy("vkDestroySemaphore"u8, _gate);
        ((delegate* unmanaged<nint, void*, void>)_calls.Find("vkDestroyDevice"u8))(_calls.Device, null);
    }

    private static nint CreateDevice(VulkanInstance instance, nint physical, uint family)
    {
        TimelineSemaphoreFeatures timelines = new() { Type = StructureType.TimelineSemaphoreFeatures, TimelineSemaphore = 1 };
        float priority = 1;
        DeviceQueueCreateInfo queue = new()
        {
            Type = StructureType.DeviceQueueCreateInfo,
            Family = family,
            Count = 1,
            Priorities = &priority,
        };
        fixed (byte* import = "VK_EXT_external_memory_host"u8)
        {
            byte* extensions = import;
            DeviceCreateInfo create = new()
            {
                Type = StructureType.DeviceCreateInfo,
                Next = &timelines,
                QueueCount = 1,
                Queues = &queue,
                ExtensionCount = 1,
                Extensions = &extensions,
            };
            var call = (delegate* unmanaged<nint, DeviceCreateInfo*, void*, nint*, int>)instance.Find("vkCreateDevice"u8);
            nint device;
            DeviceCalls.Check(call(physical, &create, null, &device), "vkCreateDevice"u8);
            return device;
        }
    }

    private ulong CreateTimeline()
    {
        SemaphoreTypeCreateInfo type = new() { Type = StructureType.SemaphoreTypeCreateInfo, SemaphoreType = VulkanNumbers.TimelineSemaphore };
        SemaphoreCreateInfo create = new() { Type = StructureType.SemaphoreCreateInfo, Next = &type };
        return _calls.Create("vkCreateSemaphore"u8, ref create);
    }

    private void Signal(ulong semaphore, ulong value)
    {
        SemaphoreSignalInfo signal = new() { Type = StructureType.SemaphoreSignalInfo, Semaphore = semaphore, Value = value };
        var call = (delegate* unmanaged<nint, SemaphoreSignalInfo*, int>)_calls.Find("vkSignalSemaphore"u8);
        DeviceCalls.Check(call(_calls.Device, &signal), "vkSignalSemaphore"u8);
    }

    private bool Wait(ulong value, ulong nanoseconds)
    {
        ulong done = _done;
        SemaphoreWaitInfo wait = new() { Type = StructureType.SemaphoreWaitInfo, Count = 1, Semaphores = &done, Values = &value };
        var call = (delegate* unmanaged<nint, SemaphoreWaitInfo*, ulong, int>)_calls.Find("vkWaitSemaphores"u8);
        int result = call(_calls.Device, &wait, nanoseconds);
        if (result != VulkanNumbers.Timeout)
        {
            DeviceCalls.Check(result, "vkWaitSemaphores"u8);
        }

        return result != VulkanNumbers.Timeout;
    }
}
