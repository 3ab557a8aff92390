// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace FenceKit;

/// <summary>
/// A bounded queue of commands to a device, with a fence for every command; in order, or without order. The queue takes care of what is hard
/// to get right in a driver: order of completion, room, dependencies, cancellation, hangs, reset, loss, and releasing memory.
/// </summary>
/// <typeparam name="TCommand">The type of the commands.</typeparam>
/// <remarks>
/// <para>Commands start in order; the hardware may finish them in any order; their fences signal in order. Commands wait in a bounded ring
/// until the driver has room, until the fences that they depend on have signaled, and until no invalidation of their ranges is under way.
/// None of this blocks a thread.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. <b>Blocks</b>: never, except for a lock that is held
/// for a few instructions. <b>Allocates</b>: nothing per command in steady state. With <see cref="DeviceDispatch.ThreadPool"/> the runtime's
/// thread pool allocates now and then, on the thread that submits or invalidates, when it adds a worker or grows its queue. The same holds
/// for an invalidation with <see cref="DeviceDispatch.Inline"/> if the driver keeps mappings. <see cref="DeviceDispatch.DedicatedThread"/>
/// never uses the pool.</para>
/// <para>With <see cref="DeviceQueueOptions.IsUnordered"/> commands start as soon as their own dependencies and ranges allow, and their
/// fences signal as soon as they are reported, independently of other commands.</para>
/// <para>A fence signals in finite time whatever the device does, as long as there is a watchdog: a command that hangs is reset, a device
/// that cannot be reset is lost, and losing it faults every fence.</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {DebuggerDisplay,nq}")]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "It is a queue, as hardware has it.")]
public sealed partial class DeviceQueue<TCommand> : IAsyncDisposable, IDeviceQueue
{
    // One lock for the whole mutable state; never held while the driver, a callback or a continuation runs. The only locks taken inside it
    // are those of a notifier's ledger and of timelines, which run no user code. It is a spinning lock, because every command takes it three
    // times, and because a thread that waits for a Lock can be interrupted.
    private SpinningLock _lock;
    private readonly DeviceDriver<TCommand> _driver;
    private readonly Device? _device; // null when the queue was not created by a Device
    private readonly DeviceQueueOptions _options;
    private readonly bool _isInline;
    private readonly FenceTimeline _timeline;
    private readonly DeviceSlot<TCommand>[] _slots; // in a queue in order, point p is in the slot p & (Length - 1)
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // retired = taken = issued; all under the lock. Commands between retired and taken are running, or finished and waiting for their turn to
    // be signaled. Commands between taken and issued wait to be started.
    private ulong _taken;
    private ulong _retired;

    private bool _closing; // under the lock: no more commands are accepted
    private long _faulted;         // under the lock, like all counters
    private long _canceled;
    private long _resets;
    private long _strays;

    /// <summary>Creates the queue, and allocates all that it will need.</summary>
    /// <param name="name">The name of the queue's timeline, in errors and reports.</param>
    /// <param name="driver">The driver that talks to the device; the queue owns it from now on, and closes it.</param>
    /// <param name="options">Sizes, limits and clock; null for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="driver"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public DeviceQueue(string name, DeviceDriver<TCommand> driver, DeviceQueueOptions? options = null)
        : this(name, driver, options, device: null)
    {
    }

    internal DeviceQueue(string name, DeviceDriver<TCommand> driver, DeviceQueueOptions? options, Device? device)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(driver);
        options ??= new DeviceQueueOptions();
        options.Validate();

        Name = name;
        _driver = driver;
        _device = device;
        _options = options;
        _isInline = options.Dispatch == DeviceDispatch.Inline;
        FenceTimelineOptions timeline = new()
        {
            RetainedFaults = options.RetainedFaults,
            TimeProvider = options.TimeProvider,
            IsExported = options.IsExported,
            ReportsCumulativeSignals = false, // commands are signaled in order, and several by one signal
        };
        _timeline = new FenceTimeline(name, timeline) { Producer = new Commands(this) };
        _room = new FenceTimeline($"{name} room", timeline) { ContractMap = _timeline.ContractMap };
        _slots = new DeviceSlot<TCommand>[(int)BitOperations.RoundUpToPowerOf2((uint)(options.Capacity + options.Depth))];
        _isUnordered = options.IsUnordered;
        _slotBits = BitOperations.Log2((uint)_slots.Length);
        for (int i = 0; i < _slots.Length; i++)
        {
            DeviceSlot<TCommand> slot = new(this, options.MaxDependencies, options.MaxRanges) { Index = i };
            if (_isUnordered)
            {
                slot.Timeline = new FenceTimeline(name, timeline) { Producer = new SlotCommand(this, slot) };
                slot.RangeWait = new DeviceRangeWait<TCommand>(this, slot);
            }

            _slots[i] = slot;
        }

        _freeSlots = new Stack<DeviceSlot<TCommand>>(_isUnordered ? _slots : []);
        _ready = new Queue<DeviceSlot<TCommand>>(_freeSlots.Count);
        _ended = new Queue<DeviceSlot<TCommand>>(_freeSlots.Count);
        _drains = MakeDrains($"{name} drains", _isUnordered ? options.MaxUnmaps : 0, timeline);

        CanceledError = new OperationCanceledException($"The command was canceled in the queue '{name}'.");
        _batch = new DeviceCommand<TCommand>[Math.Min(options.BatchSize, options.Depth)];
        _pumpItem = new PumpItem(this);
        _rangeWait = new RangeWait(this);
        _unmapsPending = new FenceTimeline($"{name} unmaps", timeline);
        _unmaps = driver.KeepsMappings ? new PendingUnmap[options.MaxUnmaps] : null;
        _ticksPerCount = (double)TimeSpan.TicksPerSecond / options.TimeProvider.TimestampFrequency;
        _hangTimeout = OrNever(options.HangTimeout);
        _dependencyTimeout = OrNever(options.DependencyTimeout);
        _timer = CreateTimer();
        _thread = options.Dispatch == DeviceDispatch.DedicatedThread ? new DeviceThread(name, RunPump) : null;
    }

    /// <summary>The name of the queue's timeline.</summary>
    public string Name { get; }

    /// <summary>Whether commands that do not depend on each other start and complete in any order, see <see cref="DeviceQueueOptions.IsUnordered"/>.</summary>
    public bool IsUnordered => _isUnordered;

    /// <summary>
    /// A fence that signals when all commands that were submitted before have ended. Never blocks. It is the fence of the last command or, in
    /// a queue without order, a fence of its own.
    /// </summary>
    public Fence LastSubmitted => new(_timeline, _timeline.Issued);

    /// <summary>The error of all canceled commands; shared, so that canceling allocates nothing.</summary>
    internal OperationCanceledException CanceledError { get; }

    private string DebuggerDisplay => $"{_timeline.Completed} of {_timeline.Issued}{(LostReason is null ? "" : ", lost")}";

    /// <summary>Reads a consistent snapshot of all counters.</summary>
    /// <returns>The counters.</returns>
    /// <remarks>Never allocates.</remarks>
    public DeviceQueueStatistics GetStatistics()
    {
        using SpinningLock.Scope scope = _lock.EnterScope();
        return new DeviceQueueStatistics(
            (long)_timeline.Issued,
            (long)_retired,
            _faulted,
            _canceled,
            _resets,
            _strays,
            (int)(_timeline.Issued - _taken),
            (int)(_taken - _retired));
    }

    internal Fence FenceOf(ulong point) =>
        _isUnordered ? new Fence(SlotOf(point).Timeline!, point >> _slotBits) : new Fence(_timeline, point);

    /// <summary>The lock map that stands for the queue's fences in the validator.</summary>
    internal object? ContractMap => _timeline.ContractMap;

    private DeviceSlot<TCommand> SlotOf(ulong point) => _slots[(int)point & (_slots.Length - 1)];

    [Conditional("DEBUG")]
    private void AssertInvariantsLocked()
    {
        Debug.Assert(_lock.IsHeld, "The lock is held.");
        Debug.Assert(_retired <= _taken && _taken <= _timeline.Issued, "A command is taken before it retires, and issued before it is taken.");
        Debug.Assert(_taken - _retired <= (ulong)_options.Depth, "The device is given no more than it has room for.");
        Debug.Assert(_timeline.Issued - _taken <= (ulong)_options.Capacity, "No more wait than there is room for.");
    }
}
