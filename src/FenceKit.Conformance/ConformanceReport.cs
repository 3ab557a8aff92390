// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>What all checks said about one driver.</summary>
/// <param name="Driver">Its name.</param>
/// <param name="Passed">How many checks it passed.</param>
/// <param name="Failures">Which ones it did not, and why.</param>
public sealed record ConformanceReport(string Driver, int Passed, IReadOnlyList<ConformanceFailure> Failures)
{
    /// <summary>How many checks it failed.</summary>
    public int Failed => Failures.Count;
}

/// <summary>One check that a driver did not pass.</summary>
/// <param name="Check">The name of the check.</param>
/// <param name="Message">What was wrong.</param>
public sealed record ConformanceFailure(string Check, string Message);
