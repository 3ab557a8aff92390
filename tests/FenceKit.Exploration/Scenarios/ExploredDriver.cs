namespace FenceKit.Exploration;

/// <summary>
/// A driver whose device is a thread of the scenario. It checks what a queue promises to drivers: one call at a time, in order, nothing
/// started on memory that was given away.
/// </summary>
internal sealed class ExploredDriver(bool isSynchronous = false, bool canReset = false) : DeviceDriver<int>
{
    private readonly Queue<DeviceCommand<int>> _running = new();
    private bool _isInside;
    private int _calls;
    private ulong _last;

    /// <summary>What every command uses; empty for nothing.</summary>
    public AddressRange Used { get; init; }

    /// <summary>Whether the device goes on when it is lost, and its driver says so.</summary>
    public bool CannotStop { get; init; }

    /// <summary>Whether the commands of its queue start in any order.</summary>
    public bool IsUnordered { get; set; }

    /// <summary>Whether that memory has been given away for the moment.</summary>
    public bool IsFree { get; set; }

    public List<int> Started { get; } = [];

    public List<int> Canceled { get; } = [];

    public bool IsStoodDown { get; private set; }

    public int Closed { get; private set; }

    public int Resets { get; private set; }

    public int Running => _running.Count;

    public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
    {
        EnterOnce();
        foreach (DeviceCommand<int> command in batch)
        {
            Assert.True(command.Point > _last || IsUnordered, "started out of order");
            Assert.False(IsFree, "started on memory that was given away");
            _last = command.Point;
            Started.Add(command.Payload);
            if (isSynchronous)
            {
                command.Complete(); // false if the device was lost meanwhile; otherwise the queue has counted no stray report
            }
            else
            {
                _running.Enqueue(command);
            }
        }

        LeaveOnce();
    }

    public override void Cancel(in DeviceCommand<int> command)
    {
        EnterOnce();
        Canceled.Add(command.Payload);
        LeaveOnce();
    }

    public override bool TryReset()
    {
        EnterOnce();
        Resets++;
        _running.Clear();
        LeaveOnce();
        return canReset;
    }

    public override void OnLost(Exception reason)
    {
        EnterOnce();
        Assert.False(IsStoodDown, "told twice that the device is lost");
        IsStoodDown = true;
        LeaveOnce();
        if (CannotStop)
        {
            throw new InvalidOperationException("bus error");
        }

        _running.Clear();
    }

    public override void Close()
    {
        EnterOnce();
        Closed++;
        LeaveOnce();
    }

    public override int GetRanges(in int command, Span<AddressRange> ranges)
    {
        if (Used.IsEmpty)
        {
            return 0;
        }

        ranges[0] = Used;
        return 1;
    }

    /// <summary>The device: finishes what runs until there is nothing more to come.</summary>
    public void Run(Func<bool> isOver)
    {
        while (true)
        {
            Explored.WaitUntil(() => _running.Count > 0 || isOver(), "the device has something to do");
            if (!_running.TryDequeue(out DeviceCommand<int> command))
            {
                return;
            }

            Assert.False(IsFree, "touches memory that was given away");
            command.Complete();
        }
    }

    /// <summary>What it works on goes away with it, without a report: somebody has cut it off.</summary>
    public void CutOff() => _running.Clear();

    /// <summary>Reports one command, out of order if need be.</summary>
    public void Finish(int payload, Exception? error)
    {
        DeviceCommand<int> command = _running.Single(running => running.Payload == payload);
        Assert.True(error is null ? command.Complete() : command.Fail(error));
    }

    public void FinishNext()
    {
        if (_running.TryDequeue(out DeviceCommand<int> command))
        {
            command.Complete();
        }
    }

    private void EnterOnce()
    {
        Assert.False(_isInside, "two calls into the driver at once");
        _isInside = true;
        Volatile.Write(ref _calls, _calls + 1); // somebody else may go here
    }

    private void LeaveOnce() => _isInside = false;
}
