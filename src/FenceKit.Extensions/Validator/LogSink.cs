// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using FenceKit.Lockdep;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions;

/// <summary>Logs findings at once, on the thread that made them: it may hang for good after that. Thread safe.</summary>
internal sealed class LogSink(ILogger log, LockConfidence atLeast) : LockViolationSink
{
    private readonly Lock _gate = new(); // nothing is called under it
    private readonly Dictionary<(LockViolationKind Kind, LockConfidence Confidence), long> _counts = [];
    private HashSet<LockViolation>? _told = new(ReferenceEqualityComparer.Instance); // until the sink is installed

    public override void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        lock (_gate)
        {
            if (_told?.Add(violation) == false)
            {
                return; // found while the sink was being installed: from both sides
            }

            _counts[(violation.Kind, violation.Confidence)] = _counts.GetValueOrDefault((violation.Kind, violation.Confidence)) + 1;
        }

        LogLevel level = violation.Confidence == LockConfidence.Possible ? LogLevel.Warning : LogLevel.Error;
        if (violation.Confidence >= atLeast && log.IsEnabled(level))
        {
            log.LockViolationFound(level, violation.Kind, violation.Confidence, string.Join(", ", violation.ClassNames), violation.ToString());
        }
    }

    /// <summary>Installs the sink; what was found before, while the application was being built, is logged too.</summary>
    internal void Install(LockValidator validator)
    {
        validator.AddSink(this);
        foreach (LockViolation earlier in validator.Violations)
        {
            Report(earlier);
        }

        lock (_gate)
        {
            _told = null;
        }
    }

    internal IEnumerable<Measurement<long>> Measure()
    {
        lock (_gate)
        {
            return [.. _counts.Select(static count => new Measurement<long>(
                count.Value,
                new KeyValuePair<string, object?>("fencekit.lockdep.kind", count.Key.Kind.ToString()),
                new KeyValuePair<string, object?>("fencekit.lockdep.confidence", count.Key.Confidence.ToString())))];
        }
    }
}
