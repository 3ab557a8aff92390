// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Throws a <see cref="LockViolationException"/> on the thread that found the violation. Meant for tests.</summary>
[DebuggerDisplay("throws")]
public sealed class ThrowingSink : ILockViolationSink
{
    /// <inheritdoc/>
    /// <exception cref="LockViolationException">Always.</exception>
    public void Report(LockViolation violation) => throw new LockViolationException(violation);
}

/// <summary>Keeps reports in memory. Thread safe.</summary>
[DebuggerDisplay("{Count} reports, {Dropped} dropped")]
public sealed class CollectingSink : ILockViolationSink
{
    private readonly UninterruptedLock _gate = new();
    private readonly List<LockViolation> _violations = [];
    private readonly int _capacity;
    private long _dropped;

    /// <summary>Makes an empty collection.</summary>
    /// <param name="capacity">How many reports are kept; later ones are only counted.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public CollectingSink(int capacity = 1000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>A copy of the reports so far.</summary>
    public IReadOnlyList<LockViolation> Violations
    {
        get
        {
            using (_gate.EnterScope())
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>How many reports are kept.</summary>
    public int Count
    {
        get
        {
            using (_gate.EnterScope())
            {
                return _violations.Count;
            }
        }
    }

    /// <summary>How many reports did not fit.</summary>
    public long Dropped
    {
        get
        {
            using (_gate.EnterScope())
            {
                return _dropped;
            }
        }
    }

    /// <inheritdoc/>
    public void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        using (_gate.EnterScope())
        {
            if (_violations.Count < _capacity)
            {
                _violations.Add(violation);
            }
            else
            {
                _dropped++;
            }
        }
    }

    /// <summary>Forgets all reports.</summary>
    public void Clear()
    {
        using (_gate.EnterScope())
        {
            _violations.Clear();
            _dropped = 0;
        }
    }
}

/// <summary>Hands each report to a delegate: the way to any logger.</summary>
[DebuggerDisplay("calls {_callback.Method.Name,nq}")]
public sealed class CallbackSink : ILockViolationSink
{
    private readonly Action<LockViolation> _callback;

    /// <summary>Makes the sink.</summary>
    /// <param name="callback">Called for each report, perhaps by several threads at once.</param>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    public CallbackSink(Action<LockViolation> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _callback = callback;
    }

    /// <inheritdoc/>
    public void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        _callback(violation);
    }
}

/// <summary>Ends the process with the report as the message, so that it is in the crash dump.</summary>
[DebuggerDisplay("ends the process at {_atLeast}")]
public sealed class FailFastSink : ILockViolationSink
{
    private readonly LockConfidence _atLeast;

    /// <summary>Makes the sink.</summary>
    /// <param name="atLeast">Reports of less confidence are let pass.</param>
    public FailFastSink(LockConfidence atLeast = LockConfidence.Certain) => _atLeast = atLeast;

    /// <inheritdoc/>
    public void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        if (violation.Confidence >= _atLeast)
        {
            Environment.FailFast(violation.ToString());
        }
    }
}
