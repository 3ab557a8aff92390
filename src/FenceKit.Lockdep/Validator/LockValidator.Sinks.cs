// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Delivers findings to sinks and keeps them. A sink may be added late, fail, or be missing; no finding is lost by that.
public sealed partial class LockValidator
{
    private readonly UninterruptedLock _sinkLock = new(); // no user code is called under it
    private readonly List<LockViolation> _kept = []; // under the sink lock
    private LockViolationSink[] _sinks; // never modified, but replaced under the sink lock; pairs with the read in Deliver
    private long _dropped;      // under the sink lock
    private long _sinkFailures; // interlocked
    private int _hasToldOfSink; // 1 after the first failure was reported; interlocked

    /// <summary>
    /// All findings so far, by descending confidence and then in the order of discovery; including those that no sink has received, or that
    /// a sink threw and a caller swallowed. The first <see cref="LockValidatorOptions.ViolationCapacity"/> are kept.
    /// </summary>
    /// <remarks>A copy. Thread safe; allocates. For a test fixture that asserts at its end.</remarks>
    public IReadOnlyList<LockViolation> Violations
    {
        get
        {
            LockViolation[] found;
            using (_sinkLock.EnterScope())
            {
                found = [.. _kept];
            }

            return [.. found.OrderByDescending(static violation => violation.Confidence)];
        }
    }

    /// <summary>The number of findings that <see cref="Violations"/> had no room for.</summary>
    public long ViolationsDropped
    {
        get
        {
            using (_sinkLock.EnterScope())
            {
                return _dropped;
            }
        }
    }

    /// <summary>Adds a sink, which receives all later findings. Earlier ones are in <see cref="Violations"/>.</summary>
    /// <param name="sink">The sink. A sink that is added twice receives everything twice.</param>
    /// <remarks>May be called at any time and from any thread, even after the first lock and on <see cref="Default"/>.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="sink"/> is null.</exception>
    public void AddSink(LockViolationSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using (_sinkLock.EnterScope())
        {
            Volatile.Write(ref _sinks, [.. _sinks, sink]);
        }
    }

    /// <summary>Removes a sink. A report that is being delivered may still reach it.</summary>
    /// <param name="sink">The sink.</param>
    /// <returns>False when the sink was not installed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="sink"/> is null.</exception>
    public bool RemoveSink(LockViolationSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using (_sinkLock.EnterScope())
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
        violations.Sort(static (left, right) => right.Confidence.CompareTo(left.Confidence)); // a few: the findings of one acquisition
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

    /// <returns>The exception with which a sink refuses the lock, or null. Failures of a sink are handled here.</returns>
    private ExceptionDispatchInfo? Deliver(LockViolation violation)
    {
        ExceptionDispatchInfo? refusal = null;
        bool wasHeard = false;
        foreach (LockViolationSink sink in Volatile.Read(ref _sinks))
        {
            try
            {
                sink.Report(violation);
                wasHeard |= sink is not EventSourceSink; // usually no one listens to it
            }
            catch (LockViolationException exception)
            {
                wasHeard = true;
                refusal ??= ExceptionDispatchInfo.Capture(exception);
            }
#pragma warning disable CA1031 // A failing sink must affect neither the other sinks nor the caller.
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
        using (_sinkLock.EnterScope())
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
