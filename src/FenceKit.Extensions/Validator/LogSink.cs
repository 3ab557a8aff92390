// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using FenceKit.Lockdep;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions;

/// <summary>Logs findings synchronously on the thread that caused them, since that thread may deadlock right afterwards. Thread safe.</summary>
internal sealed class LogSink(ILogger log, LockConfidence atLeast) : LockViolationSink
{
    private readonly Lock _lock = new(); // held only for updates of the fields
    private readonly Dictionary<(LockViolationKind Kind, LockConfidence Confidence), long> _counts = [];
    private HashSet<LockViolation>? _logged = new(ReferenceEqualityComparer.Instance); // the findings that were logged during Install; null afterwards

    public override void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        lock (_lock)
        {
            if (_logged?.Add(violation) == false)
            {
                return; // found during Install: reported by AddSink, and listed in Violations
            }

            _counts[(violation.Kind, violation.Confidence)] = _counts.GetValueOrDefault((violation.Kind, violation.Confidence)) + 1;
        }

        LogLevel level = violation.Confidence == LockConfidence.Possible ? LogLevel.Warning : LogLevel.Error;
        if (violation.Confidence >= atLeast && log.IsEnabled(level))
        {
            log.LockViolationFound(level, violation.Kind, violation.Confidence, string.Join(", ", violation.ClassNames), violation.ToString());
        }
    }

    /// <summary>Installs the sink, and also logs earlier findings, from the time when the application was built.</summary>
    internal void Install(LockValidator validator)
    {
        validator.AddSink(this);
        foreach (LockViolation earlier in validator.Violations)
        {
            Report(earlier);
        }

        lock (_lock)
        {
            _logged = null;
        }
    }

    internal IEnumerable<Measurement<long>> Measure()
    {
        lock (_lock)
        {
            return [.. _counts.Select(static count => new Measurement<long>(
                count.Value,
                new KeyValuePair<string, object?>("fencekit.lockdep.kind", count.Key.Kind.ToString()),
                new KeyValuePair<string, object?>("fencekit.lockdep.confidence", count.Key.Confidence.ToString())))];
        }
    }
}
