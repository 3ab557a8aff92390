// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    private readonly Dictionary<string, LockConfidence> _reported = [];
    private long _reports;
    private long _belowThreshold;
    private long _repeated;
    private long _unjudged;
    private long _instancesNotKept;
    private long _chainsNotKept;

    /// <summary>Counters of what the validator has recorded and of what it had to leave out.</summary>
    /// <remarks>Thread safe; blocks briefly while something new is validated; allocates.</remarks>
    public LockValidatorStatistics Statistics
    {
        get
        {
            int threads = Stacks.Count;
            using (_gate.EnterScope())
            {
                return new LockValidatorStatistics
                {
                    Classes = _graph.NodeCount,
                    Dependencies = _graph.EdgeCount,
                    Chains = _chains.Count,
                    Situations = _situations.Count,
                    Threads = threads,
                    Reports = _reports,
                    ReportsBelowThreshold = _belowThreshold,
                    RepeatedReports = _repeated,
                    UnjudgedAcquisitions = Interlocked.Read(ref _unjudged),
                    InstancesNotKept = _instancesNotKept,
                    ChainsNotKept = _chainsNotKept,
                    SearchesGivenUp = _search.GaveUp,
                    UnfollowedHolds = Interlocked.Read(ref _unfollowedHolds),
                    ForkedWantsNotKept = Interlocked.Read(ref _forkedWantsNotKept),
                    SinkFailures = Interlocked.Read(ref _sinkFailures),
                };
            }
        }
    }

    /// <summary>
    /// Lets the author of a lock report that its own rules were broken. The report contains what the validator knows about the thread.
    /// </summary>
    /// <param name="map">The lock.</param>
    /// <param name="message">One sentence: the rule that was broken.</param>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="message"/> is null or empty.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed.</exception>
    public void ReportProtocol(LockMap map, string message)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentException.ThrowIfNullOrEmpty(message);
        ReportMisuse(LockHolder.Current(this), LockViolationKind.Protocol, map, message);
    }

    private void ReportMisuse(LockHolder stack, LockViolationKind kind, LockMap map, string message, ChainRecord? record = null)
    {
        // A sink that misuses a lock on each call would otherwise call itself forever.
        if (stack.IsSuppressed || stack.IsReporting)
        {
            Interlocked.Increment(ref _unjudged);
            return;
        }

        long before = BytesBefore(stack);
        HeldLock[] held = Array.ConvertAll(ItemsOf(stack, stack.Depth), static item => item.Describe());
        var subject = record is null
            ? new HeldLock(map.Class, map.Subclass, map.InstanceName, LockAcquireMode.Exclusive, LockAttempt.Blocking, null, null)
            : new Graph.SituationItem(map, record).Describe();
        var violation = new LockViolation(kind, LockConfidence.Certain, message)
        {
            Lock = subject,
            HeldLocks = held,
            Thread = stack.FlowName ?? Acquisition.NameOf(stack.Thread),
            Trace = _options.CaptureStacks ? LockTrace.Capture() : null,
            Key = $"{kind}|{map.Class.Name}",
        };
        using (_gate.EnterScope())
        {
            _reports++;
        }

        Deliver(stack, [violation]);
        AddOwnBytes(stack, before);
    }

    private static bool IsSelfDeadlock(LockViolation violation)
        => violation.Kind == LockViolationKind.Recursion && violation.Confidence == LockConfidence.Certain;

    /// <summary>Selects the findings that are new, or more certain than before, and above the threshold; counts the rest.</summary>
    private List<LockViolation>? AdmitLocked(List<LockViolation> found)
    {
        List<LockViolation>? admitted = null;
        foreach (LockViolation violation in found)
        {
            if (violation.Confidence < _options.MinimumConfidence || (violation.Confidence == LockConfidence.Possible && !violation.IsDeclared))
            {
                _belowThreshold++;
                continue;
            }

            bool isKnown = _reported.TryGetValue(violation.Key, out LockConfidence before);
            if (isKnown && before >= violation.Confidence && !IsSelfDeadlock(violation))
            {
                _repeated++;
                continue;
            }

            _reported[violation.Key] = violation.Confidence;
            _reports++;
            bool isRaised = isKnown && before < violation.Confidence;
            (admitted ??= []).Add(isRaised ? violation with { RaisedFrom = before } : violation);
        }

        return admitted;
    }

    private void DeliverOrUndo(LockHolder stack, List<LockViolation>? violations)
    {
        if (violations is null)
        {
            return;
        }

        int depth = stack.Depth;
        try
        {
            Deliver(stack, violations);
        }
        catch
        {
            // Locks that a sink forgot to release are above the new entry, whose index is known.
            stack.RemoveAt(depth - 1);
            throw;
        }
    }
}
