// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.Cluster;

/// <summary>Something that goes wrong, or is made good.</summary>
/// <param name="At">When, as a part of the run.</param>
/// <param name="What">Its name in the report.</param>
/// <param name="Do">Does it.</param>
/// <param name="Once">What must be so before it is done, so that the fault before it has shown its effect; null for nothing.</param>
internal sealed record Fault(double At, string What, Action Do, Func<bool>? Once = null);
