// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>What is made of the findings of a run. A path is null where nobody asked for the file.</summary>
/// <param name="Json">The report as JSON.</param>
/// <param name="Sarif">The report as SARIF.</param>
/// <param name="Html">The report as a page.</param>
/// <param name="Order">The order of locks.</param>
/// <param name="Suppress">The file that lists findings which are left out.</param>
/// <param name="FailOn">From which confidence a finding counts.</param>
internal sealed record RunOutputs(string? Json, string? Sarif, string? Html, string? Order, string? Suppress, LockConfidence FailOn);
