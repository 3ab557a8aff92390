namespace FenceKit.Exploration;

internal sealed partial class LogicalThread
{
    public string Name => Run.Scenario.ThreadNames[Index];

    public bool IsTraced => Run.Trace is not null;

    public bool IsAborting => Run.IsAborting;

    /// <summary>The scheduling point in front of every instrumented operation: returns when this thread may perform it.</summary>
    public void Step()
    {
        if (_startPaysForNextStep && !Run.IsAborting)
        {
            _startPaysForNextStep = false;
        }
        else
        {
            Run.Reschedule(this);
        }

        _stepsSinceSpin++;
        Run.Progress += IsInSpinLoop ? 0 : 1;
        StampCall();
    }

    /// <summary>A scheduling point that cannot be passed before the obstacle is clear.</summary>
    public void StepPast(IObstacle obstacle)
    {
        if (_startPaysForNextStep && obstacle.IsClearFor(this))
        {
            Step();
            return;
        }

        _startPaysForNextStep = false;
        Obstacle = obstacle;
        Run.Reschedule(this);
        Obstacle = null;
        StampCall();
    }

    public void StepPastSpin()
    {
        _spinsInARow = Run.Progress == _progressAtSpin ? _spinsInARow + 1 : 0;
        _progressAtSpin = Run.Progress;
        _stepsSinceSpin = 0;
        StepPast(_spin);
        _spin.BeginTurn(this);
    }

    /// <summary>Says that this thread has changed memory: spinning threads may look again.</summary>
    public void Changed()
    {
        _ownChanges++;
        Run.Changes++;
    }

    /// <summary>What an interlocked operation, a full fence or a lock does to the store buffer.</summary>
    public void DrainStores()
    {
        while (Stores.Count > 0)
        {
            FlushOldestStore();
        }
    }

    public void MakeRoomForStore()
    {
        if (Stores.IsFull)
        {
            FlushOldestStore();
        }
    }

    public void FlushOldestStore()
    {
        Stores.FlushOldest();
        Changed();
        SettleCalls();
    }

    public void Note(string operation) => Run.Trace?.Add(Index, operation);
}
