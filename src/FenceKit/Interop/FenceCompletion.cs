// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A fence that has completed, as a <see cref="FenceCompletionQueue"/> reports it.</summary>
/// <param name="Fence">The fence.</param>
/// <param name="Tag">What was given when it was watched.</param>
/// <param name="Status">The outcome.</param>
/// <param name="Error">The fault, if it faulted.</param>
[DebuggerDisplay("{Fence} {Status}")]
public readonly record struct FenceCompletion(Fence Fence, ulong Tag, FenceStatus Status, Exception? Error);
