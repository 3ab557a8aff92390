// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>Thrown by <see cref="LockViolationSink.Throwing"/> on the thread that found a violation; the lock was not acquired.</summary>
public sealed class LockViolationException : Exception
{
    /// <summary>Wraps a report.</summary>
    /// <param name="violation">The report.</param>
    /// <exception cref="ArgumentNullException"><paramref name="violation"/> is null.</exception>
    public LockViolationException(LockViolation violation)
        : base((violation ?? throw new ArgumentNullException(nameof(violation))).ToString())
    {
        Violation = violation;
    }

    /// <summary>The report.</summary>
    public LockViolation Violation { get; }
}
