namespace FenceKit.Exploration;

/// <summary>A monitor as the scheduler sees it: the lock and the queue of those who wait for a pulse.</summary>
internal sealed class MonitorModel
{
    private readonly MutexModel _mutex = new("monitor");
    private readonly Queue<Waiter> _waiters = new();

    public bool IsHeldBy(LogicalThread thread) => _mutex.IsHeldBy(thread);

    public void Enter(LogicalThread thread) => _mutex.Enter(thread);

    public bool TryEnter(LogicalThread thread) => _mutex.TryEnter(thread);

    public void Exit(LogicalThread thread) => _mutex.Exit(thread);

    /// <summary>True when pulsed, false when the time ran out.</summary>
    public bool Wait(LogicalThread thread, int millisecondsTimeout)
    {
        thread.Step();
        ThrowIfNotOwner(thread);
        var waiter = new Waiter(_mutex, canGiveUp: millisecondsTimeout is not (Timeout.Infinite or int.MaxValue));
        _waiters.Enqueue(waiter);
        int depth = _mutex.ReleaseForWait(thread);
        thread.StepPast(waiter);
        _mutex.Take(thread, depth);
        return waiter.IsPulsed;
    }

    public void Pulse(LogicalThread thread, bool all)
    {
        thread.Step();
        ThrowIfNotOwner(thread);
        while (_waiters.TryDequeue(out Waiter? waiter))
        {
            if (waiter.TryPulse() && !all)
            {
                return;
            }
        }
    }

    private void ThrowIfNotOwner(LogicalThread thread)
    {
        if (!IsHeldBy(thread))
        {
            throw new SynchronizationLockException($"{thread.Name} waits on or pulses a monitor that it does not hold.");
        }
    }

    private sealed class Waiter(MutexModel mutex, bool canGiveUp) : IObstacle, IImpatient
    {
        private bool _hasGivenUp;

        public bool IsPulsed { get; private set; }

        public bool CanGiveUp => canGiveUp && !_hasGivenUp && !IsPulsed;

        public bool TryPulse()
        {
            if (_hasGivenUp)
            {
                return false;
            }

            IsPulsed = true;
            return true;
        }

        public void GiveUp() => _hasGivenUp = true;

        public bool IsClearFor(LogicalThread thread) => (IsPulsed || _hasGivenUp) && mutex.IsClearFor(thread);

        public string Describe() => IsPulsed ? mutex.Describe() : "waits on a monitor that nobody pulses";
    }
}
