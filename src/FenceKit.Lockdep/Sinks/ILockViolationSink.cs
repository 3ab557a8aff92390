// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>Where reports go.</summary>
/// <remarks>
/// Called on the thread that found the violation, under no internal lock; locks that it takes are held but not judged. Several threads may
/// call at once. A sink that throws a <see cref="LockViolationException"/> says that the lock is not to be taken: it reaches the caller of the lock
/// operation, which then has had no effect on what is held, except in a release: a lock that is let go stays let go. Any other exception is
/// a failure of the sink: it is counted (<see cref="LockValidatorStatistics.SinkFailures"/>), told once on standard error, and reaches nobody.
/// </remarks>
public interface ILockViolationSink
{
    /// <summary>Takes one report.</summary>
    /// <param name="violation">The report.</param>
    void Report(LockViolation violation);
}
