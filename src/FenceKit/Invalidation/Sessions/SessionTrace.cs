// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The spans of one session on the activity source "FenceKit": one for the whole of it, and below it one for each step. Made only when
/// somebody listens and wants this one; a session without costs a test of a field.
/// </summary>
/// <remarks>
/// A session may cross threads and flows, so its own span is never the current one, and whatever was current stays so when it ends. Steps run
/// on one flow and are current there, so that what subscribers do shows up below them. Listeners are users' code: what they throw ends here.
/// </remarks>
internal sealed class SessionTrace
{
    internal const string SourceName = "FenceKit";
    internal const string Schedule = "fencekit.invalidation.schedule";
    internal const string Wait = "fencekit.invalidation.wait";
    internal const string Commit = "fencekit.invalidation.commit";
    internal const string BackOff = "fencekit.invalidation.back_off";

    private const string Session = "fencekit.invalidation";
    private const string Outcome = "fencekit.outcome";

    private static readonly ActivitySource s_source = new(SourceName, typeof(SessionTrace).Assembly.GetName().Version?.ToString());

    private readonly Activity _session;

    private SessionTrace(Activity session) => _session = session;

    /// <summary>Whether anybody listens.</summary>
    internal static bool IsHeard => s_source.HasListeners();

    /// <summary>Null when no listener wants it.</summary>
    internal static SessionTrace? Begin(string notifier, ReadOnlySpan<AddressRange> ranges, InvalidationReason reason, SchedulePlace place)
    {
        Activity? outer = Activity.Current;
        try
        {
            if (s_source.StartActivity(Session) is not { } session)
            {
                return null;
            }

            session.SetTag("fencekit.notifier", notifier);
            session.SetTag("fencekit.reason", reason.ToString());
            session.SetTag("fencekit.range", new AddressRange(ranges[0].Start, ranges[^1].End).ToString());
            session.SetTag("fencekit.ranges", ranges.Length);
            session.SetTag("code.file.path", place.File);
            session.SetTag("code.line.number", place.Line);
            return new SessionTrace(session);
        }
        catch (Exception exception)
        {
            Report(exception);
            return null;
        }
        finally
        {
            Activity.Current = outer;
        }
    }

    /// <summary>Begins a step on this flow; null when no listener wants it.</summary>
    internal Activity? BeginStep(string name)
    {
        try
        {
            return s_source.StartActivity(name, ActivityKind.Internal, _session.Context);
        }
        catch (Exception exception)
        {
            Report(exception);
            return null;
        }
    }

    /// <summary>Ends a step on the flow that began it.</summary>
    internal static void EndStep(Activity? step, string? outcome)
    {
        try
        {
            step?.SetTag(Outcome, outcome);
            step?.Stop();
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    /// <summary>Ends the session, on whatever thread.</summary>
    internal void End(string outcome)
    {
        Activity? current = Activity.Current;
        try
        {
            _session.SetTag(Outcome, outcome);
            _session.Stop();
        }
        catch (Exception exception)
        {
            Report(exception);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    /// <summary>Outcomes as values of tags: in the manner of OpenTelemetry, without an allocation.</summary>
    internal static string TextOf(InvalidationOutcome outcome) => outcome switch
    {
        InvalidationOutcome.Completed => "completed",
        InvalidationOutcome.Pending => "pending",
        InvalidationOutcome.Faulted => "faulted",
        _ => "superseded",
    };

    private static void Report(Exception exception) => FenceTimeline.ReportUserFault("a listener of the activity source", exception);
}
