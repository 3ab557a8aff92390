// SPDX-License-Identifier: MIT
using FenceKit.Samples.CustomDriver.Linux;

namespace FenceKit.Samples.CustomDriver;

/// <summary>
/// A driver for io_uring: reads into registered buffers. The queue keeps order, room, dependencies and fences; what is left are the five
/// steps below.
/// </summary>
/// <remarks>
/// The queue makes its calls one at a time, so the table of pins needs no lock: only <see cref="Start"/> and <see cref="Unmap"/> touch it.
/// What goes to the ring goes through its own thread, for which the inbox is the only thing shared.
/// </remarks>
internal sealed class RingDriver : DeviceDriver<PageRead>
{
    private const ulong DoorbellTag = ulong.MaxValue - 1;
    private const int Canceled = -125; // ECANCELED
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly PageBuffer _memory;
    private readonly int _depth;
    private readonly Ring _ring;
    private readonly Doorbell _doorbell = new();
    private readonly Thread _thread;
    private readonly bool[] _pinned;                     // the queue's calls only
    private readonly Lock _gate = new();
    private readonly DeviceCommand<PageRead>[] _running; // under the gate; the command with point p stands at p % depth
    private readonly Queue<ulong> _starts;               // under the gate: points to be handed to the ring
    private readonly Queue<ulong> _cancels;              // under the gate: points to be stopped
    private readonly ManualResetEventSlim _idle = new(initialState: true); // set under the gate
    private int _inFlight;                               // under the gate
    private bool _stopping;                              // under the gate
    private Exception? _broken;                          // under the gate: the ring's thread has given up

    internal RingDriver(PageBuffer memory, int depth)
    {
        _memory = memory;
        _depth = depth;
        _pinned = new bool[memory.Length / DataSource.PageSize];
        _ring = new Ring((uint)(2 * depth) + 2, (uint)_pinned.Length);
        _running = new DeviceCommand<PageRead>[depth];
        _starts = new Queue<ulong>(depth);
        _cancels = new Queue<ulong>(2 * depth);
        _thread = new Thread(Run) { IsBackground = true, Name = "ring" };
        _thread.Start();
    }

    /// <summary>How many commands the ring has.</summary>
    internal int InFlight
    {
        get
        {
            lock (_gate)
            {
                return _inFlight;
            }
        }
    }

    /// <summary>Step 2: hand the commands over. Pins what they use first, unless it is pinned already.</summary>
    public override void Start(ReadOnlySpan<DeviceCommand<PageRead>> batch)
    {
        foreach (ref readonly DeviceCommand<PageRead> command in batch)
        {
            int page = command.Payload.Page;
            if (!_pinned[page])
            {
                _ring.SetBuffer(page, AddressOf(page), (nuint)DataSource.PageSize);
                _pinned[page] = true;
            }
        }

        lock (_gate)
        {
            if (_broken is not null)
            {
                throw new IOException("The ring is broken.", _broken);
            }

            foreach (ref readonly DeviceCommand<PageRead> command in batch)
            {
                _running[command.Point % (ulong)_depth] = command;
                _starts.Enqueue(command.Point);
            }

            _inFlight += batch.Length;
            _idle.Reset();
        }

        _doorbell.Press();
    }

    /// <summary>Step 3: ask for a command to be stopped. It is reported by its completion, like any other.</summary>
    public override void Cancel(in DeviceCommand<PageRead> command)
    {
        lock (_gate)
        {
            _cancels.Enqueue(command.Point);
        }

        _doorbell.Press();
    }

    /// <summary>Step 4: say what a command uses, keep it pinned between commands, and unpin it when its owner wants it back.</summary>
    public override int GetRanges(in PageRead command, Span<AddressRange> ranges)
    {
        ranges[0] = _memory.RangeOf(command.Page * DataSource.PageSize, DataSource.PageSize);
        return 1;
    }

    public override bool KeepsMappings => true;

    public override void Unmap(AddressRange range)
    {
        for (int page = 0; page < _pinned.Length; page++)
        {
            if (_pinned[page] && _memory.RangeOf(page * DataSource.PageSize, DataSource.PageSize).Overlaps(range))
            {
                // No command that uses the page is running, so no read can land in the old pages after this.
                _ring.SetBuffer(page, 0, 0);
                _pinned[page] = false;
            }
        }
    }

    /// <summary>Step 5: stop everything, for a reset or for good.</summary>
    public override bool TryReset()
    {
        lock (_gate)
        {
            foreach (DeviceCommand<PageRead> command in _running)
            {
                _cancels.Enqueue(command.Point); // some are over: the kernel says so, and nobody listens
            }
        }

        _doorbell.Press();
        return _idle.Wait(s_patience);
    }

    public override void OnLost(Exception reason)
    {
        if (!TryReset())
        {
            throw new TimeoutException("The ring did not let go of its requests.");
        }
    }

    public override void Close()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        _doorbell.Press();
        _thread.Join();
        _ring.Dispose(); // closing the ring drops the pins
        _doorbell.Dispose();
        _idle.Dispose();
    }

    private nint AddressOf(int page) => _memory.Address + (page * DataSource.PageSize);

    /// <summary>Step 1, on the ring's thread: prepare what there is, hand it over, sleep, report what has come back.</summary>
    private void Run()
    {
        try
        {
            _ring.PreparePoll(_doorbell.Descriptor, DoorbellTag);
            while (TryPrepare())
            {
                _ring.Submit(wait: true);
                while (_ring.TryTake(out ulong tag, out int result))
                {
                    if (tag == DoorbellTag)
                    {
                        _doorbell.Clear();
                        _ring.PreparePoll(_doorbell.Descriptor, DoorbellTag);
                    }
                    else if (tag != Ring.IgnoredTag)
                    {
                        Report(tag, result);
                    }
                }
            }
        }
        catch (IOException exception)
        {
            // Whatever is in flight now is never reported: the watchdog of the queue finds it, and the device is lost.
            lock (_gate)
            {
                _broken = exception;
            }
        }
    }

    private bool TryPrepare()
    {
        lock (_gate)
        {
            while (_starts.TryDequeue(out ulong point))
            {
                PageRead read = _running[point % (ulong)_depth].Payload;
                _ring.PrepareRead(read.File, (ulong)read.Offset, read.Page, AddressOf(read.Page), DataSource.PageSize, point);
            }

            while (_cancels.TryDequeue(out ulong point))
            {
                _ring.PrepareCancel(point);
            }

            return !_stopping;
        }
    }

    private void Report(ulong point, int result)
    {
        DeviceCommand<PageRead> command;
        lock (_gate)
        {
            command = _running[point % (ulong)_depth];
        }

        if (result == DataSource.PageSize)
        {
            command.Complete();
        }
        else if (result == Canceled)
        {
            command.Cancel();
        }
        else
        {
            command.Fail(new IOException($"The read of page {command.Payload.Page} ended with {result}."));
        }

        lock (_gate)
        {
            if (--_inFlight == 0)
            {
                _idle.Set();
            }
        }
    }
}
