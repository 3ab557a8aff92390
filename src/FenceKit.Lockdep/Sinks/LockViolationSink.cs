// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Where reports go. The usual sinks are here; <see cref="CollectingSink"/> keeps reports, and a derived class does anything else.</summary>
/// <remarks>
/// Called on the thread that found the violation, under no internal lock; locks that it takes are held but not judged. Several threads may
/// call at once. A sink that throws a <see cref="LockViolationException"/> says that the lock is not to be taken: it reaches the caller of the lock
/// operation, which then has had no effect on what is held, except in a release: a lock that is let go stays let go. Any other exception is
/// a failure of the sink: it is counted (<see cref="LockValidatorStatistics.SinkFailures"/>), told once on standard error, and reaches nobody.
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

    /// <summary>Appends each report to a text file. Several processes may share one file, so a whole run can be asked for what it found.</summary>
    /// <param name="path">The file; relative to the current directory of this moment.</param>
    /// <remarks>
    /// The file is made by the first report. A report that cannot be written is a failure of the sink; the code that takes the lock goes on.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty, or not a path.</exception>
    public static LockViolationSink ToFile(string path) => new FileSink(path);

    /// <summary>Hands each report to a delegate: the way to any logger.</summary>
    /// <param name="callback">Called for each report, perhaps by several threads at once.</param>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    public static LockViolationSink ToCallback(Action<LockViolation> callback) => new CallbackSink(callback);

    /// <summary>Ends the process with the report as the message, so that it is in the crash dump.</summary>
    /// <param name="atLeast">Reports of less confidence are let pass.</param>
    public static LockViolationSink FailFast(LockConfidence atLeast = LockConfidence.Certain) => new FailFastSink(atLeast);

    /// <summary>Takes one report.</summary>
    /// <param name="violation">The report; never null when the validator calls.</param>
    public abstract void Report(LockViolation violation);
}
