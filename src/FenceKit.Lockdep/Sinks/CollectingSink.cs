// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Keeps reports in memory. Thread safe.</summary>
[DebuggerDisplay("{Count} reports, {Dropped} dropped")]
public sealed class CollectingSink : LockViolationSink
{
    private readonly UninterruptedLock _lock = new();
    private readonly List<LockViolation> _violations = [];
    private readonly int _capacity;
    private long _dropped;

    /// <summary>Creates an empty collection.</summary>
    /// <param name="capacity">The maximum number of reports that are kept; later ones are only counted.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public CollectingSink(int capacity = 1000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>A copy of the collected reports.</summary>
    public IReadOnlyList<LockViolation> Violations
    {
        get
        {
            using (_lock.EnterScope())
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>The number of collected reports.</summary>
    public int Count
    {
        get
        {
            using (_lock.EnterScope())
            {
                return _violations.Count;
            }
        }
    }

    /// <summary>The number of reports beyond the capacity.</summary>
    public long Dropped
    {
        get
        {
            using (_lock.EnterScope())
            {
                return _dropped;
            }
        }
    }

    /// <inheritdoc/>
    public override void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        using (_lock.EnterScope())
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

    /// <summary>Removes all reports.</summary>
    public void Clear()
    {
        using (_lock.EnterScope())
        {
            _violations.Clear();
            _dropped = 0;
        }
    }
}
