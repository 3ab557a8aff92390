// SPDX-License-Identifier: MIT
using FenceKit.Conformance;
using FenceKit.Samples.CustomDriver.Linux;

namespace FenceKit.Samples.CustomDriver;

/// <summary>Step 6: the driver as the conformance checks see it. "Write value v into block b" is "read page v of the file into page b".</summary>
internal sealed class RingUnderTest : QueueUnderTest<PageRead>
{
    private const int Pages = 8;
    private const int Depth = 8;

    private readonly PageBuffer _memory;
    private readonly DataSource _source;
    private readonly Lock _gate = new();
    private readonly List<byte> _held = []; // under the gate: values that reads from the pipe wait for
    private readonly RingDriver _driver;
    private bool _released;                 // under the gate

    private RingUnderTest(PageBuffer memory, DataSource source, RingDriver driver)
        : base(new DeviceQueue<PageRead>("ring", driver, new DeviceQueueOptions
        {
            Depth = Depth,
            Capacity = 32,
            Dispatch = DeviceDispatch.DedicatedThread, // to wake it allocates nothing, not even inside an invalidation
        }))
    {
        _memory = memory;
        _source = source;
        _driver = driver;
    }

    internal static RingUnderTest Create()
    {
        PageBuffer memory = new(Pages * DataSource.PageSize);
        return new RingUnderTest(memory, new DataSource(), new RingDriver(memory, Depth));
    }

    public override int BlockSize => DataSource.PageSize;

    public override Span<byte> Memory => _memory.Bytes;

    public override int Held
    {
        get
        {
            lock (_gate)
            {
                // Reads from the file end by themselves; what stays is a read from the pipe.
                return _held.Count > 0 && _driver.InFlight > 0 ? 1 : 0;
            }
        }
    }

    public override AddressRange RangeOf(int offset) => _memory.RangeOf(offset, BlockSize);

    public override void Release()
    {
        lock (_gate)
        {
            _released = true;
            _held.ForEach(_source.Feed);
            _held.Clear();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        lock (_gate)
        {
            _held.Clear(); // nothing reads any more, and a release that comes late must not feed a descriptor that is closed, or somebody else's
            _source.Dispose(); // the memory stays mapped: a check that was left behind may still look at it
        }
    }

    protected override PageRead Translate(in ConformanceCommand command)
    {
        int page = command.Offset / BlockSize;
        lock (_gate)
        {
            if (!command.IsHeld || _released)
            {
                return new PageRead(_source.File, (long)command.Value * BlockSize, page);
            }

            _held.Add(command.Value);
            return new PageRead(_source.Pipe, 0, page);
        }
    }
}
