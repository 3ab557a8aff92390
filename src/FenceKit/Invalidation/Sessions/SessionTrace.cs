// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The tracing spans of one session on the activity source "FenceKit": one for the session, and below it one for each step. Created only
/// when a listener wants this session; otherwise the cost is the test of a field.
/// </summary>
/// <remarks>
/// A session may cross threads and execution contexts, so its own span is never Activity.Current, and ending it leaves Activity.Current as
/// it was. Steps run in one execution context and are current there, so that activities of subscribers appear below them. Listeners are
/// user code: their exceptions are caught here.
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

    /// <summary>Whether the activity source has listeners.</summary>
    internal static bool IsHeard => s_source.HasListeners();

    /// <summary>Starts the span of a session. Null when no listener wants it.</summary>
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

    /// <summary>Starts a step in the current execution context; null when no listener wants it.</summary>
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

    /// <summary>Stops a step, in the execution context that started it.</summary>
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

    /// <summary>Stops the span of the session, on any thread.</summary>
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

    /// <summary>Outcomes as tag values, in the style of OpenTelemetry, without an allocation.</summary>
    internal static string TextOf(InvalidationOutcome outcome) => outcome switch
    {
        InvalidationOutcome.Completed => "completed",
        InvalidationOutcome.Pending => "pending",
        InvalidationOutcome.Faulted => "faulted",
        _ => "superseded",
    };

    private static void Report(Exception exception) => FenceTimeline.ReportUserFault("a listener of the activity source", exception);
}
