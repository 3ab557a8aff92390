// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>A device broke the contract.</summary>
public sealed class ConformanceException : Exception
{
    /// <summary>Creates the exception without saying how.</summary>
    public ConformanceException()
        : this("The device broke the contract.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">How.</param>
    public ConformanceException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a cause.</summary>
    /// <param name="message">How.</param>
    /// <param name="innerException">What it threw.</param>
    public ConformanceException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
