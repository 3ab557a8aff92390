// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Where findings go, and where they stay: a sink may come late, fail, or not be there at all; no finding is lost by that.
public sealed partial class LockValidator
{
    private readonly UninterruptedLock _sinkGate = new(); // nothing of a user's is called under it
    private readonly List<LockViolation> _kept = []; // under the sink gate
    private LockViolationSink[] _sinks; // never changed, but replaced under the sink gate: pairs with the read in Deliver
    private long _dropped;      // under the sink gate
    private long _sinkFailures; // interlocked
    private int _hasToldOfSink; // interlocked: 1 after the first failure was told

    /// <summary>
    /// What was found so far, the surest first, and among equals in the order in which it was found; also what no sink has heard of, or what one
    /// threw and somebody swallowed. The first <see cref="LockValidatorOptions.ViolationCapacity"/> are kept.
    /// </summary>
    /// <remarks>A copy. Thread safe; allocates. For a test fixture that asserts at its end.</remarks>
    public IReadOnlyList<LockViolation> Violations
    {
        get
        {
            LockViolation[] found;
            using (_sinkGate.EnterScope())
            {
                found = [.. _kept];
            }

            return [.. found.OrderByDescending(static violation => violation.Confidence)];
        }
    }

    /// <summary>How many findings <see cref="Violations"/> had no room for.</summary>
    public long ViolationsDropped
    {
        get
        {
            using (_sinkGate.EnterScope())
            {
                return _dropped;
            }
        }
    }

    /// <summary>Adds a sink: it hears of what is found from now on. What was found before is in <see cref="Violations"/>.</summary>
    /// <param name="sink">The sink. Added twice, it hears everything twice.</param>
    /// <remarks>At any time and from any thread, also after the first lock and to <see cref="Default"/>.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="sink"/> is null.</exception>
    public void AddSink(LockViolationSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using (_sinkGate.EnterScope())
        {
            Volatile.Write(ref _sinks, [.. _sinks, sink]);
        }
    }

    /// <summary>Takes a sink away again. A report that is on its way may still reach it.</summary>
    /// <param name="sink">The sink.</param>
    /// <returns>False when it was not there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="sink"/> is null.</exception>
    public bool RemoveSink(LockViolationSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using (_sinkGate.EnterScope())
        {
            int index = Array.LastIndexOf(_sinks, sink);
            if (index >= 0)
            {
                Volatile.Write(ref _sinks, [.. _sinks[..index], .. _sinks[(index + 1)..]]);
            }

            return index >= 0;
        }
    }

    private void Deliver(LockHolder stack, List<LockViolation> violations)
    {
        violations.Sort(static (left, right) => right.Confidence.CompareTo(left.Confidence)); // a handful: what one acquisition has led to
        Keep(violations);
        ExceptionDispatchInfo? refusal = null;
        bool wasReporting = stack.IsReporting;
        stack.IsReporting = true;
        try
        {
            foreach (LockViolation violation in violations)
            {
                refusal = Deliver(violation) ?? refusal;
            }
        }
        finally
        {
            stack.IsReporting = wasReporting;
        }

        refusal?.Throw();
    }

    /// <returns>What a sink throws so that the lock is not taken; what it throws because it fails ends here.</returns>
    private ExceptionDispatchInfo? Deliver(LockViolation violation)
    {
        ExceptionDispatchInfo? refusal = null;
        bool wasHeard = false;
        foreach (LockViolationSink sink in Volatile.Read(ref _sinks))
        {
            try
            {
                sink.Report(violation);
                wasHeard |= sink is not EventSourceSink; // as a rule nobody listens to that
            }
            catch (LockViolationException exception)
            {
                wasHeard = true;
                refusal ??= ExceptionDispatchInfo.Capture(exception);
            }
#pragma warning disable CA1031 // One sink must not keep the others from their report, nor the caller from its lock.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                NoteFailure(sink, exception);
            }
        }

        if (!wasHeard)
        {
            StandardError.Write(violation.ToString());
        }

        return refusal;
    }

    private void Keep(List<LockViolation> violations)
    {
        using (_sinkGate.EnterScope())
        {
            int room = Math.Max(0, Math.Min(violations.Count, _options.ViolationCapacity - _kept.Count));
            _kept.AddRange(violations[..room]);
            _dropped += violations.Count - room;
        }
    }

    private void NoteFailure(LockViolationSink sink, Exception exception)
    {
        Interlocked.Increment(ref _sinkFailures);
        if (Interlocked.Exchange(ref _hasToldOfSink, 1) == 0)
        {
            StandardError.Write(
                $"A sink of FenceKit.Lockdep failed ({sink.GetType()}: {exception.GetType()}). The finding is in LockValidator.Violations; later failures are "
                + $"counted in LockValidatorStatistics.SinkFailures.{Environment.NewLine}{StandardError.TextOf(exception)}");
        }
    }
}
