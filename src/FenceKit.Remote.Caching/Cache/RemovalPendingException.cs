// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>
/// A removal has not been proven within its budget: a node may still serve the old value, at most until the end of its lease. Trying again
/// is right and cheap: nodes that have let go answer at once.
/// </summary>
public sealed class RemovalPendingException : TimeoutException
{
    /// <summary>Creates an exception without a result.</summary>
    public RemovalPendingException()
        : this("A removal has not been proven.")
    {
    }

    /// <summary>Creates an exception without a result.</summary>
    /// <param name="message">What happened.</param>
    public RemovalPendingException(string message)
        : this(message, null)
    {
    }

    /// <summary>Creates an exception without a result.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public RemovalPendingException(string message, Exception? innerException)
        : base(message, innerException) => Result = new RemoteInvalidationResult(InvalidationOutcome.Pending, []);

    internal RemovalPendingException(RemoteInvalidationResult result)
        : base($"The removal is not proven, and the old value may still be served, at most until the end of a lease. {result}.") => Result = result;

    /// <summary>Gets the outcome, and the names of the nodes that are waited for.</summary>
    public RemoteInvalidationResult Result { get; }
}
