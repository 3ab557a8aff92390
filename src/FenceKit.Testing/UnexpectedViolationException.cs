// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Testing;

/// <summary>Fails a test run: the lock validator found something that no test expects, or did not find what one expects. The message is the report.</summary>
public sealed class UnexpectedViolationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The report.</param>
    /// <param name="violations">What was found.</param>
    /// <param name="attachments">The files that the report was written to.</param>
    /// <exception cref="ArgumentNullException"><paramref name="violations"/> or <paramref name="attachments"/> is null.</exception>
    public UnexpectedViolationException(string message, IReadOnlyList<LockViolation> violations, IReadOnlyList<string> attachments)
        : base(message)
    {
        ArgumentNullException.ThrowIfNull(violations);
        ArgumentNullException.ThrowIfNull(attachments);
        Violations = violations;
        Attachments = attachments;
    }

    /// <summary>What was found; empty when something expected was not.</summary>
    public IReadOnlyList<LockViolation> Violations { get; }

    /// <summary>The files that the report was written to: text, a page of HTML, and SARIF. Empty when they could not be written.</summary>
    public IReadOnlyList<string> Attachments { get; }
}
