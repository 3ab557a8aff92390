// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>
/// A removal has not been proven within its budget: somebody may still serve the old value, at most until the end of its lease. Asking again is right, and costs
/// little: nodes that have let go answer at once.
/// </summary>
public sealed class RemovalPendingException : TimeoutException
{
    /// <summary>Makes one without a result.</summary>
    public RemovalPendingException()
        : this("A removal has not been proven.")
    {
    }

    /// <summary>Makes one without a result.</summary>
    /// <param name="message">What happened.</param>
    public RemovalPendingException(string message)
        : this(message, null)
    {
    }

    /// <summary>Makes one without a result.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">Why.</param>
    public RemovalPendingException(string message, Exception? innerException)
        : base(message, innerException) => Result = new RemoteInvalidationResult(InvalidationOutcome.Pending, []);

    internal RemovalPendingException(RemoteInvalidationResult result)
        : base($"The removal is not proven, and the old value may still be served, at most until the end of a lease. {result}.") => Result = result;

    /// <summary>Gets how far it has come, and who is waited for.</summary>
    public RemoteInvalidationResult Result { get; }
}
