namespace FenceKit.Exploration;

/// <summary>One thread of a scenario: a real OS thread that lives for a whole exploration and runs only while it holds the baton.</summary>
internal sealed partial class LogicalThread : IDisposable
{
    /// <summary>Null wherever twins must behave like the real thing: plain tests, set-up, checks, invariants.</summary>
    [ThreadStatic]
    private static LogicalThread? t_current;

    private readonly Thread _thread;
    private readonly SpinObstacle _spin = new();

    /// <summary>Being chosen to start pays for the first operation, so that n operations are n scheduling points and not n + 1.</summary>
    private bool _startPaysForNextStep;

    private long _ownChanges;

    public LogicalThread(ExplorationRun run, int index)
    {
        Run = run;
        Index = index;
        Stores = new StoreQueue();
        _thread = new Thread(Main) { IsBackground = true, Name = $"exploration {index}" };
    }

    public static LogicalThread? Current => t_current;

    public ExplorationRun Run { get; }

    public int Index { get; }

    public Baton Baton { get; } = new();

    public StoreQueue Stores { get; }

    public bool IsStarted { get; private set; }

    public bool IsFinished { get; private set; }

    /// <summary>Inside Explored.Cancel: callbacks of a token may be under way.</summary>
    public bool IsCanceling { get; set; }

    /// <summary>What the thread stands in front of; null when its next operation can always run.</summary>
    public IObstacle? Obstacle { get; private set; }

    public bool IsSpinning => Obstacle == _spin;

    public bool CanRun => !IsFinished && (Obstacle is null || Obstacle.IsClearFor(this));

    public long ChangesOfOthers => Run.Changes - _ownChanges;

    public void Launch() => _thread.Start();

    public void Join() => _thread.Join();

    public void Dispose() => Baton.Dispose();

    /// <summary>Called between executions, by whichever thread prepares the next one.</summary>
    public void Prepare()
    {
        IsStarted = false;
        IsFinished = false;
        IsCanceling = false;
        Obstacle = null;
        _ownChanges = 0;
        _spin.Restart();
        ForgetSpins();
        _call = null;
        _unsettled.Clear();
        Stores.Clear();
    }

    public void Abandon()
    {
        IsFinished = true;
        Stores.Clear();
    }

    private void Main()
    {
        StoreLocationsOnStack.RunWith(Stores, TakeTurns);
    }

    private void TakeTurns()
    {
        while (true)
        {
            Baton.Take();
            if (Run.IsOver)
            {
                return;
            }

            RunBodyOnce();
            Run.Finish(this);
        }
    }

    private void RunBodyOnce()
    {
        IsStarted = true;
        _startPaysForNextStep = true;
        Stores.PutIntoMemory();
        t_current = this;
        try
        {
            Run.Scenario.RunBody(Index, Run.State!);
        }
        catch (ExplorationAbortedException)
        {
            // The run is being torn down after a failure that is already recorded.
        }
        catch (Exception exception)
        {
            Run.Fail($"{Name} threw {exception.GetType().Name}: {exception.Message}", exception);
        }
        finally
        {
            t_current = null;
            IsFinished = true;
            Obstacle = null;
            Changed();
        }
    }
}
