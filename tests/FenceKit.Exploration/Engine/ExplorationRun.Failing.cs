namespace FenceKit.Exploration;

internal sealed partial class ExplorationRun
{
    /// <summary>The first failure; what goes wrong while the others unwind is its consequence.</summary>
    public ExplorationFailure? Failure { get; private set; }

    public bool IsAborting => Failure is not null;

    public void Fail(string message, Exception? cause)
    {
        string replay = ScheduleText.Format(_chosen.AsSpan(0, _position), _threads.Length, _options.Memory);
        Failure ??= new ExplorationFailure(message, replay, string.Empty, cause);
    }

    private void ThrowIfAborting()
    {
        if (IsAborting)
        {
            throw new ExplorationAbortedException();
        }
    }

    /// <summary>Lets one unfinished thread after the other throw itself out of its body.</summary>
    private void UnwindNext()
    {
        foreach (LogicalThread thread in _threads)
        {
            if (thread.IsFinished)
            {
                continue;
            }

            if (thread.IsStarted)
            {
                thread.Baton.Give();
                return;
            }

            thread.Abandon();
        }

        EndExecution();
    }

    private bool CheckInvariants()
    {
        using LogicalThread.Suspension suspension = LogicalThread.Suspend();
        try
        {
            Scenario.CheckAlways(State!);
            return true;
        }
        catch (Exception exception)
        {
            Fail($"an invariant failed: {exception.Message}", exception);
            return false;
        }
    }

    private bool CheckSteps()
    {
        if (_position < _options.MaximumSteps)
        {
            return true;
        }

        Fail($"livelock: not finished after {_options.MaximumSteps} steps.", null);
        return false;
    }

    private string DescribeDeadlock()
    {
        IEnumerable<string> stuck = _threads
            .Where(thread => !thread.IsFinished)
            .Select(thread => $"{thread.Name} {thread.Obstacle?.Describe()}");
        return $"{(_threads.All(thread => thread.IsFinished || thread.IsSpinning) ? "livelock" : "deadlock")}: {string.Join("; ", stuck)}.";
    }
}
