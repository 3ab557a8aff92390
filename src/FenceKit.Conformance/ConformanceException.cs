// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>The error of a check whose rule the device has broken.</summary>
public sealed class ConformanceException : Exception
{
    /// <summary>Creates the exception without details.</summary>
    public ConformanceException()
        : this("The device broke the contract.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">How the device broke the contract.</param>
    public ConformanceException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a cause.</summary>
    /// <param name="message">How the device broke the contract.</param>
    /// <param name="innerException">The exception that the device threw.</param>
    public ConformanceException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
