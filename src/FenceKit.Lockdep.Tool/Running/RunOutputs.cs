// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The outputs of a run. A path is null if the file was not requested.</summary>
/// <param name="Json">The report as JSON.</param>
/// <param name="Sarif">The report as SARIF.</param>
/// <param name="Html">The report as a page.</param>
/// <param name="Order">The lock order.</param>
/// <param name="Suppress">The suppression file.</param>
/// <param name="FailOn">The lowest confidence at which a finding counts.</param>
internal sealed record RunOutputs(string? Json, string? Sarif, string? Html, string? Order, string? Suppress, LockConfidence FailOn);
