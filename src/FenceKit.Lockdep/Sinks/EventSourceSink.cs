// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace FenceKit.Lockdep;

/// <summary>Writes events; see <see cref="LockViolationSink.ToEventSource"/>.</summary>
[DebuggerDisplay("event source FenceKit.Lockdep")]
internal sealed class EventSourceSink : LockViolationSink
{
    public override void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        if (LockViolationEventSource.Instance.IsEnabled())
        {
            LockViolationEventSource.Instance.Violation(violation.Kind.ToString(), violation.Confidence.ToString(), violation.ToString());
        }
    }

    [EventSource(Name = EventSourceName)]
    private sealed class LockViolationEventSource : EventSource
    {
        public static readonly LockViolationEventSource Instance = new();

        [Event(1, Level = EventLevel.Error)]
        public void Violation(string kind, string confidence, string report) => WriteEvent(1, kind, confidence, report);
    }
}
