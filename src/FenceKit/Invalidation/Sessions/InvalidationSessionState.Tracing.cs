// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The tracing spans of the session, if there is a listener.
internal sealed partial class InvalidationSessionState
{
    private SessionTrace? _trace; // set before phase A by the scheduling thread; cleared when the object goes back to its pool
    private Activity? _scheduleStep; // started and stopped in phase A, on one thread

    /// <summary>Phase A begins.</summary>
    internal void BeginTrace(SessionTrace trace)
    {
        _trace = trace;
        _scheduleStep = trace.BeginStep(SessionTrace.Schedule);
    }

    /// <summary>Phase A is over.</summary>
    private void EndScheduleStep(string outcome)
    {
        if (_trace is not null)
        {
            SessionTrace.EndStep(_scheduleStep, outcome);
            _scheduleStep = null;
        }
    }

    private InvalidationOutcome WaitTraced(TimeSpan budget, CancellationToken cancellationToken)
    {
        InvalidationOutcome outcome = InvalidationOutcome.Pending;
        Activity? step = _trace!.BeginStep(SessionTrace.Wait);
        try
        {
            return outcome = WaitPending(budget, cancellationToken);
        }
        finally
        {
            SessionTrace.EndStep(step, SessionTrace.TextOf(outcome));
        }
    }
}
