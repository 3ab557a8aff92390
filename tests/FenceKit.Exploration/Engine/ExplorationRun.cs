namespace FenceKit.Exploration;

/// <summary>
/// One exploration: the same scenario, executed under one schedule after the other. There is no coordinating thread on the way:
/// whoever finishes last checks the end, prepares the next execution and hands the baton to its first thread.
/// </summary>
internal sealed partial class ExplorationRun : IDisposable
{
    private readonly ISchedule _schedule;
    private readonly ExplorationOptions _options;
    private readonly LogicalThread[] _threads;
    private readonly HashSet<ulong>? _distinct;
    private readonly ManualResetEventSlim _ended = new();
    private bool _isWarmUp = true;
    private long _totalSteps;

    /// <param name="schedule">Who goes when.</param>
    /// <param name="countsDistinct">True where a schedule can come up twice.</param>
    public ExplorationRun(Scenario scenario, ISchedule schedule, ExplorationOptions options, bool countsDistinct)
    {
        Scenario = scenario;
        _schedule = schedule;
        _options = options;
        _distinct = countsDistinct ? [] : null;
        _threads = new LogicalThread[scenario.ThreadNames.Count];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new LogicalThread(this, i);
        }
    }

    public Scenario Scenario { get; }

    public object? State { get; private set; }

    public bool HasStoreBuffers => _options.Memory == MemoryModel.TotalStoreOrder;

    /// <summary>Changes of memory in this execution, by all threads.</summary>
    public long Changes { get; set; }

    /// <summary>Steps in this execution by threads that do not spin.</summary>
    public long Progress { get; set; }

    /// <summary>Orders the calls of a <see cref="History{TModel}"/>.</summary>
    public long Clock { get; set; }

    /// <summary>What the scenario's code queued to the thread pool; a body made by Scenario.PoolThread runs it.</summary>
    public Queue<Action> PooledWork { get; } = new();

    public long Interleavings { get; private set; }

    public bool IsExhausted { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>Set while a failing schedule is replayed for its trace.</summary>
    public OperationTrace? Trace { get; init; }

    public IReadOnlyList<LogicalThread> Threads => _threads;

    /// <summary>Models of monitors, which have no object of their own to live in.</summary>
    public Dictionary<object, MonitorModel> Monitors { get; } = new(ReferenceEqualityComparer.Instance);

    public void Execute(bool warmUp)
    {
        _isWarmUp = warmUp;
        foreach (LogicalThread thread in _threads)
        {
            thread.Launch();
        }

        BeginFirst();
        WaitForEnd();
        IsOver = true;
        foreach (LogicalThread thread in _threads)
        {
            thread.Baton.Give();
        }

        foreach (LogicalThread thread in _threads)
        {
            thread.Join();
        }
    }

    public void Dispose()
    {
        _ended.Dispose();
        foreach (LogicalThread thread in _threads)
        {
            thread.Dispose();
        }
    }

    /// <summary>
    /// The first set-up runs on the thread of the test, and the others on threads of the scenario, which have no context. With the one of the test framework, asynchronous
    /// methods that a set-up starts would continue on its threads, when nobody waits for them.
    /// </summary>
    private void BeginFirst()
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            BeginExecution();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Code that blocks its OS thread by something that has no twin would hang the test run without a word.</summary>
    private void WaitForEnd()
    {
        long seen = -1;
        while (!_ended.Wait(TimeSpan.FromSeconds(20)))
        {
            long now = System.Threading.Volatile.Read(ref _totalSteps);
            if (now == seen)
            {
                throw new InvalidOperationException($"\"{Scenario.Name}\" is stuck outside the twins: some body blocks its thread for real.");
            }

            seen = now;
        }
    }

    private void BeginExecution()
    {
        Changes = 0;
        Progress = 0;
        _position = 0;
        _delayedWrites = 0;
        Monitors.Clear();
        PooledWork.Clear();
        MutexModel.ForgetOwners();
        foreach (LogicalThread thread in _threads)
        {
            thread.Prepare();
        }

        try
        {
            State = Scenario.CreateState();
        }
        catch (Exception exception)
        {
            Fail($"set-up threw {exception.GetType().Name}: {exception.Message}", exception);
            EndExecution();
            return;
        }

        HandOn(null);
    }

    private void EndExecution()
    {
        if (!IsAborting)
        {
            CheckEnd();
        }

        if (_schedule.HasDiverged)
        {
            Fail("the scenario is not deterministic: state that outlives an execution, time or chance decides what it does.", null);
        }

        if (_isWarmUp && Failure is null)
        {
            _isWarmUp = false;
            _schedule.Restart();
            BeginExecution();
            return;
        }

        if (_distinct is null || _distinct.Add(HashOfSchedule()))
        {
            Interleavings++;
        }

        IsExhausted = Failure is null && !_schedule.Advance();
        if (Failure is null && !IsExhausted && Interleavings < _options.MaximumInterleavings)
        {
            BeginExecution();
        }
        else
        {
            _ended.Set();
        }
    }

    private void CheckEnd()
    {
        foreach (LogicalThread thread in _threads)
        {
            thread.DrainStores();
        }

        try
        {
            Scenario.CheckAtEnd(State!);
        }
        catch (Exception exception)
        {
            Fail($"the check at the end failed: {exception.Message}", exception);
        }
    }
}
