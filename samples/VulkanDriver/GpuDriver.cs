// SPDX-License-Identifier: MIT
using FenceKit.Samples.VulkanDriver.Linux;
using FenceKit.Samples.VulkanDriver.Vulkan;

namespace FenceKit.Samples.VulkanDriver;

/// <summary>A driver for compute on a GPU, on memory that the process owns. The same five steps as in samples/CustomDriver.</summary>
/// <remarks>
/// Vulkan leaves it to its caller that most calls come one at a time. The queue makes its calls one at a time, so recording, submitting and
/// importing need no lock here; only what the waiting thread looks at has one.
/// </remarks>
internal sealed class GpuDriver : DeviceDriver<MixJob>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Pages _memory;
    private readonly int _depth;
    private readonly GpuDevice _device;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Queue<(DeviceCommand<MixJob> Command, ulong Value)> _running; // under the gate: what the GPU has not finished, in order
    private DeviceQueue<MixJob>? _queue;
    private ulong _submitted;   // the queue's calls only: how many jobs the GPU took
    private ulong _highestGate; // the queue's calls only: the last gate that a job waits for
    private bool _closing;      // under the gate

    private GpuDriver(PhysicalDevice physical, Pages memory, int depth)
    {
        _memory = memory;
        _depth = depth;
        _device = new GpuDevice(physical, memory.Length / memory.BlockSize, depth);
        _running = new Queue<(DeviceCommand<MixJob> Command, ulong Value)>(depth);
        _thread = new Thread(Run) { IsBackground = true, Name = "GPU" };
    }

    /// <summary>How many jobs the GPU has and has not finished.</summary>
    internal int InFlight
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>How many jobs have been submitted and wait for the gate.</summary>
    internal int Held
    {
        get
        {
            lock (_gate)
            {
                return _running.Count(job => job.Command.Payload.Gate > _device.GateValue);
            }
        }
    }

    /// <summary>How often a block was made known to the GPU.</summary>
    internal long Imports => _device.Imports;

    /// <summary>Makes a queue for a GPU.</summary>
    internal static (DeviceQueue<MixJob> Queue, GpuDriver Driver) Open(PhysicalDevice physical, Pages memory, int depth, int capacity)
    {
        GpuDriver driver = new(physical, memory, depth);
        driver._queue = new DeviceQueue<MixJob>(physical.Name, driver, new DeviceQueueOptions
        {
            Depth = depth,
            Capacity = capacity,
            BatchSize = Math.Min(depth, GpuDevice.MaxBatch),
            Dispatch = DeviceDispatch.DedicatedThread, // to wake it allocates nothing, not even inside an invalidation
        });
        driver._thread.Start();
        return (driver._queue, driver);
    }

    /// <summary>Lets jobs go on that wait for the gate up to a value. From anywhere.</summary>
    internal void OpenGate(ulong value) => _device.OpenGate(value);

    /// <summary>Step 2: import what is not known to the GPU yet, record, and hand over.</summary>
    public override void Start(ReadOnlySpan<DeviceCommand<MixJob>> batch)
    {
        Span<GpuSubmission> jobs = stackalloc GpuSubmission[GpuDevice.MaxBatch];
        int count = 0;
        ulong value = _submitted;
        foreach (ref readonly DeviceCommand<MixJob> command in batch)
        {
            MixJob job = command.Payload;
            try
            {
                if (!_device.IsImported(job.Block))
                {
                    _device.ImportBlock(job.Block, _memory.AddressOf(job.Block), _memory.BlockSize);
                }
            }
            catch (VulkanException refused)
            {
                command.Fail(refused); // this one only: the GPU is well
                continue;
            }

            // Of the commands that the queue has under way, no two have the same remainder: the last one of this slot is over.
            int slot = (int)(command.Point % (ulong)_depth);
            _device.Record(slot, job.Block, (uint)(_memory.BlockSize / sizeof(uint)), job.Seed, job.Rounds);

            // Jobs are counted, and not their points: a command that fails before its start has a point, and the timeline would jump over it.
            jobs[count++] = new GpuSubmission(slot, job.Gate, ++value);
            _highestGate = Math.Max(_highestGate, job.Gate);
            lock (_gate)
            {
                _running.Enqueue((command, value)); // before the GPU has it: it may be done before the call returns
            }
        }

        if (count > 0)
        {
            _device.Submit(jobs[..count]);
            _submitted = value;
        }
    }

    /// <summary>Step 3: a GPU cannot take a job back. One that waits for its gate need not wait any longer, though.</summary>
    public override void Cancel(in DeviceCommand<MixJob> command) => _device.OpenGate(command.Payload.Gate);

    /// <summary>Step 4: what a job uses, and what the GPU keeps beyond it.</summary>
    public override int GetRanges(in MixJob command, Span<AddressRange> ranges)
    {
        ranges[0] = _memory.RangeOf(command.Block);
        return 1;
    }

    public override bool KeepsMappings => true;

    public override void Unmap(AddressRange range)
    {
        for (int block = 0; block < _memory.Length / _memory.BlockSize; block++)
        {
            if (_memory.RangeOf(block).Overlaps(range))
            {
                _device.Release(block);
            }
        }
    }

    /// <summary>Step 5: what runs cannot be stopped, but it can be waited for: jobs end, for a GPU has a watchdog of its own.</summary>
    public override bool TryReset()
    {
        _device.OpenGate(_highestGate);
        return _device.WaitFor(_submitted, s_patience);
    }

    public override void OnLost(Exception reason)
    {
        if (!TryReset())
        {
            throw new TimeoutException("The GPU did not finish its jobs.");
        }
    }

    public override void Close()
    {
        if (!_device.WaitFor(_submitted, TimeSpan.Zero))
        {
            return; // a lost GPU that is still at it: what it uses must stay, and its thread goes on waiting
        }

        lock (_gate)
        {
            _closing = true;
        }

        _device.EndWaits(_submitted);
        _thread.Join();
        _device.Dispose();
    }

    /// <summary>Step 1, on a thread of its own: sleep until the timeline of the GPU moves on, and report what it has passed.</summary>
    private void Run()
    {
        try
        {
            ulong seen = 0;
            while (!IsClosing())
            {
                seen = _device.WaitBeyond(seen);
                while (TryTake(seen, out DeviceCommand<MixJob> command))
                {
                    command.Complete();
                }
            }
        }
        catch (VulkanException gone)
        {
            _queue!.Lose(gone); // what is in flight is never reported now: losing the device ends it
        }
    }

    private bool IsClosing()
    {
        lock (_gate)
        {
            return _closing;
        }
    }

    private bool TryTake(ulong done, out DeviceCommand<MixJob> command)
    {
        lock (_gate)
        {
            bool isDone = _running.TryPeek(out (DeviceCommand<MixJob> Command, ulong Value) job) && job.Value <= done;
            command = job.Command;
            return isDone && _running.TryDequeue(out _);
        }
    }
}
