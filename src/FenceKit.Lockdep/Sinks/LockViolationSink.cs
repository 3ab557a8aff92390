// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>
/// A destination for reports. The common sinks are static members of this class; <see cref="CollectingSink"/> keeps reports, and a derived
/// class can do anything else.
/// </summary>
/// <remarks>
/// Called on the thread that found the violation, under no internal lock; locks that the sink acquires are recorded but not validated.
/// Several threads may call at the same time. A sink that throws a <see cref="LockViolationException"/> refuses the lock: the exception
/// reaches the caller of the lock operation, which then has not changed the held list. A release is the exception: the lock stays released.
/// Any other exception is a failure of the sink: it is counted (<see cref="LockValidatorStatistics.SinkFailures"/>), written to standard
/// error once, and not propagated.
/// </remarks>
[DebuggerDisplay("{GetType().Name,nq}")]
public abstract class LockViolationSink
{
    /// <summary>The name of the event source that <see cref="ToEventSource"/> writes to.</summary>
    public const string EventSourceName = "FenceKit.Lockdep";

    /// <summary>Throws a <see cref="LockViolationException"/> on the thread that found the violation. Meant for tests.</summary>
    public static LockViolationSink Throwing { get; } = new ThrowingSink();

    /// <summary>Writes each report to the event source <see cref="EventSourceName"/>, for dotnet-trace and event listeners.</summary>
    public static LockViolationSink ToEventSource { get; } = new EventSourceSink();

    /// <summary>
    /// Appends each report to a text file. Several processes may share one file, which then contains the findings of a whole run.
    /// </summary>
    /// <param name="path">The file; a relative path is resolved now.</param>
    /// <remarks>
    /// The file is created by the first report. A report that cannot be written is a failure of the sink; the code that acquires the lock
    /// continues.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty, or not a path.</exception>
    public static LockViolationSink ToFile(string path) => new FileSink(path);

    /// <summary>Passes each report to a delegate, for example to any logger.</summary>
    /// <param name="callback">Called for each report, possibly by several threads at once.</param>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    public static LockViolationSink ToCallback(Action<LockViolation> callback) => new CallbackSink(callback);

    /// <summary>Ends the process with the report as the message, so that it is in the crash dump.</summary>
    /// <param name="atLeast">Reports with less confidence are ignored.</param>
    public static LockViolationSink FailFast(LockConfidence atLeast = LockConfidence.Certain) => new FailFastSink(atLeast);

    /// <summary>Receives a report.</summary>
    /// <param name="violation">The report; never null when the validator calls.</param>
    public abstract void Report(LockViolation violation);
}
