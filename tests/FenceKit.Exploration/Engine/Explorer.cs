using System.Diagnostics;

namespace FenceKit.Exploration;

/// <summary>Runs scenarios over their interleavings.</summary>
public static class Explorer
{
    /// <summary>Every schedule within the bound, until one fails.</summary>
    public static ExplorationResult Explore(Scenario scenario, ExplorationOptions? options = null)
    {
        options ??= new ExplorationOptions();
        ExplorationResult result = Run(scenario, new DepthFirstSchedule(options.Preemptions), options, countsDistinct: false);
        return result.Failure is null ? result : result with { Failure = Simplest(scenario, options, result.Failure) };
    }

    /// <summary>Random schedules without a bound; only different ones are counted.</summary>
    public static ExplorationResult ExploreRandomly(Scenario scenario, int seed, long executions, ExplorationOptions? options = null)
    {
        options ??= new ExplorationOptions();
        var schedule = new RandomSchedule(seed, executions, changes: options.Preemptions + 1);
        return Run(scenario, schedule, options, countsDistinct: true);
    }

    /// <summary>Runs one schedule, with a trace, whether it fails or not.</summary>
    public static ExplorationResult Replay(Scenario scenario, string replay, ExplorationOptions? options = null)
    {
        (IReadOnlyList<int> actors, MemoryModel memory) = ScheduleText.Parse(replay, scenario.ThreadNames.Count);
        options = (options ?? new ExplorationOptions()) with { Memory = memory };
        var trace = new OperationTrace(scenario.ThreadNames);
        using var run = new ExplorationRun(scenario, new ReplaySchedule(actors), options, countsDistinct: false) { Trace = trace };
        long start = Stopwatch.GetTimestamp();
        run.Execute(warmUp: false);
        ExplorationFailure? failure = run.Failure is null ? null : run.Failure with { Trace = trace.ToString() };
        return new ExplorationResult(scenario.Name, 1, run.IsExhausted, Stopwatch.GetElapsedTime(start), failure);
    }

    /// <summary>Explores, adds to the totals of this test run, and throws on a failure.</summary>
    public static ExplorationResult Verify(Scenario scenario, ExplorationOptions? options = null) =>
        Settle(Explore(scenario, options));

    /// <summary>As <see cref="Verify"/>, with random schedules.</summary>
    public static ExplorationResult VerifyRandomly(Scenario scenario, long executions, ExplorationOptions? options = null) =>
        Settle(ExploreRandomly(scenario, InterleavingLedger.Seed, executions, options));

    /// <summary>The first failure that is found is rarely the one to read: with fewer preemptions there may be a shorter story.</summary>
    private static ExplorationFailure Simplest(Scenario scenario, ExplorationOptions options, ExplorationFailure failure)
    {
        for (int preemptions = 0; preemptions < options.Preemptions; preemptions++)
        {
            ExplorationResult fewer = Run(scenario, new DepthFirstSchedule(preemptions), options, countsDistinct: false);
            if (fewer.Failure is not null)
            {
                return fewer.Failure;
            }
        }

        return failure;
    }

    private static ExplorationResult Settle(ExplorationResult result)
    {
        InterleavingLedger.Add(result);
        return result.Failure is null ? result : throw new ExplorationFailedException(result.Scenario, result.Failure);
    }

    private static ExplorationResult Run(Scenario scenario, ISchedule schedule, ExplorationOptions options, bool countsDistinct)
    {
        using var run = new ExplorationRun(scenario, schedule, options, countsDistinct);
        long start = Stopwatch.GetTimestamp();
        run.Execute(warmUp: true);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        ExplorationFailure? failure = run.Failure is null ? null : Traced(scenario, run.Failure, options);
        return new ExplorationResult(scenario.Name, run.Interleavings, run.IsExhausted, elapsed, failure);
    }

    /// <summary>Operations are not recorded while exploring, so the failing schedule is run once more to get its trace.</summary>
    private static ExplorationFailure Traced(Scenario scenario, ExplorationFailure failure, ExplorationOptions options)
    {
        ExplorationFailure? replayed = Replay(scenario, failure.Replay, options).Failure;
        return replayed is null
            ? failure with { Trace = "The replay did not fail: the scenario is not deterministic." }
            : failure with { Trace = replayed.Trace };
    }
}
