// SPDX-License-Identifier: MIT
using ILGPU.Runtime;

namespace FenceKit.Samples.Ilgpu;

/// <summary>An <see cref="AcceleratorStream"/> as a device: jobs run in the order in which the queue starts them.</summary>
/// <remarks>
/// A launch on ILGPU's CPU accelerator returns when the kernel is over, and <see cref="AcceleratorStream.Synchronize"/> waits on every
/// accelerator. A driver must not wait, so the stream has a thread of its own, which launches, waits and reports.
/// </remarks>
internal sealed class StreamDriver : DeviceDriver<KernelJob>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly HostBlocks _host;
    private readonly StreamBuffers _buffers;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly Queue<DeviceCommand<KernelJob>> _running; // under the gate: what the stream has not finished, in order
    private DeviceQueue<KernelJob>? _queue;
    private ulong _openGate;    // under the gate
    private ulong _highestGate; // under the gate: the last gate that a job waits for
    private bool _closing;      // under the gate

    private StreamDriver(Accelerator accelerator, HostBlocks host, int depth)
    {
        _host = host;
        _buffers = new StreamBuffers(accelerator, host);
        _running = new Queue<DeviceCommand<KernelJob>>(depth);
        _thread = new Thread(Run) { IsBackground = true, Name = "ILGPU stream" };
    }

    internal StreamBuffers Buffers => _buffers;

    /// <summary>How many jobs the stream has and has not finished.</summary>
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

    /// <summary>How many of them wait for a gate.</summary>
    internal int Held
    {
        get
        {
            lock (_gate)
            {
                return _running.Count(command => command.Payload.Gate > _openGate);
            }
        }
    }

    /// <summary>Makes a queue for a stream of its own.</summary>
    internal static (DeviceQueue<KernelJob> Queue, StreamDriver Driver) Open(Accelerator accelerator, HostBlocks host, int depth, int capacity)
    {
        StreamDriver driver = new(accelerator, host, depth);
        driver._queue = new DeviceQueue<KernelJob>(accelerator.Name, driver, new DeviceQueueOptions
        {
            Depth = depth,
            Capacity = capacity,
            Dispatch = DeviceDispatch.DedicatedThread, // to wake it allocates nothing, not even inside an invalidation
        });
        driver._thread.Start();
        return (driver._queue, driver);
    }

    /// <summary>Lets jobs go on that wait for a gate up to this one. From anywhere.</summary>
    internal void OpenGate(ulong gate)
    {
        lock (_gate)
        {
            _openGate = Math.Max(_openGate, gate);
            Monitor.PulseAll(_gate);
        }
    }

    public override void Start(ReadOnlySpan<DeviceCommand<KernelJob>> batch)
    {
        lock (_gate)
        {
            foreach (ref readonly DeviceCommand<KernelJob> command in batch)
            {
                _highestGate = Math.Max(_highestGate, command.Payload.Gate);
                _running.Enqueue(command);
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A kernel cannot be taken back. One that waits for its gate need not wait any longer, though.</summary>
    public override void Cancel(in DeviceCommand<KernelJob> command) => OpenGate(command.Payload.Gate);

    public override int GetRanges(in KernelJob command, Span<AddressRange> ranges)
    {
        ranges[0] = _host.RangeOf(command.Block);
        return 1;
    }

    /// <summary>Buffers stay on the device after the job that made them, so an invalidation has to take them away.</summary>
    public override bool KeepsMappings => true;

    public override void Unmap(AddressRange range)
    {
        for (int block = 0; block < _host.Count; block++)
        {
            if (_host.RangeOf(block).Overlaps(range))
            {
                _buffers.Evict(block);
            }
        }
    }

    /// <summary>What runs cannot be stopped, but it can be waited for.</summary>
    public override bool TryReset()
    {
        long begun = Environment.TickCount64;
        lock (_gate)
        {
            _openGate = Math.Max(_openGate, _highestGate);
            Monitor.PulseAll(_gate);
            while (_running.Count > 0)
            {
                TimeSpan rest = s_patience - TimeSpan.FromMilliseconds(Environment.TickCount64 - begun);
                if (rest <= TimeSpan.Zero || !Monitor.Wait(_gate, rest))
                {
                    return _running.Count == 0;
                }
            }

            return true;
        }
    }

    public override void OnLost(Exception reason)
    {
        if (!TryReset())
        {
            throw new TimeoutException("The accelerator did not finish its kernels.");
        }
    }

    public override void Close()
    {
        lock (_gate)
        {
            if (_running.Count > 0)
            {
                return; // an accelerator that was lost and is still at it: what it uses must stay
            }

            _closing = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
        _buffers.Dispose();
    }

    private void Run()
    {
        _buffers.BindThread();
        while (TryAwaitNext(out DeviceCommand<KernelJob> command))
        {
            Exception? refused = null, broken = null;
            try
            {
                _buffers.MakeResident(command.Payload.Block);
                broken = TryLaunch(command.Payload);
            }
            catch (AcceleratorException noRoom)
            {
                refused = noRoom; // this job only: the stream is well
            }
            finally
            {
                _buffers.Leave(command.Payload.Block);
            }

            Forget();
            if (broken is not null)
            {
                _queue!.Lose(broken);
            }
            else if (refused is not null)
            {
                command.Fail(refused);
            }
            else
            {
                command.Complete();
            }
        }
    }

    private Exception? TryLaunch(in KernelJob job)
    {
        try
        {
            _buffers.Launch(in job);
            return null;
        }
        catch (Exception broken) when (broken is AcceleratorException or InvalidOperationException)
        {
            return broken; // nobody knows what the accelerator does now
        }
    }

    /// <summary>Sleeps until there is a job whose gate is open; false when the driver closes.</summary>
    private bool TryAwaitNext(out DeviceCommand<KernelJob> command)
    {
        lock (_gate)
        {
            while (!_running.TryPeek(out command) || command.Payload.Gate > _openGate)
            {
                if (_closing)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            return true;
        }
    }

    /// <summary>The oldest job does not touch memory any more. Those who wait for the stream to be idle hear of it.</summary>
    private void Forget()
    {
        lock (_gate)
        {
            _running.Dequeue();
            Monitor.PulseAll(_gate);
        }
    }
}
