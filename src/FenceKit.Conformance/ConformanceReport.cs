// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>The results of all checks of one driver.</summary>
/// <param name="Driver">The name of the driver.</param>
/// <param name="Passed">The number of checks that passed.</param>
/// <param name="Failures">The checks that failed, with the reasons.</param>
public sealed record ConformanceReport(string Driver, int Passed, IReadOnlyList<ConformanceFailure> Failures)
{
    /// <summary>The number of checks that failed.</summary>
    public int Failed => Failures.Count;
}

/// <summary>A check that failed.</summary>
/// <param name="Check">The name of the check.</param>
/// <param name="Message">What the device did wrong.</param>
public sealed record ConformanceFailure(string Check, string Message);
