// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The completion of a fence, as read from a <see cref="FenceCompletionQueue"/>.</summary>
/// <param name="Fence">The fence.</param>
/// <param name="Tag">The tag that was passed to <see cref="FenceCompletionQueue.TryWatch"/>.</param>
/// <param name="Status">The outcome.</param>
/// <param name="Error">The error if the fence faulted; otherwise null.</param>
[DebuggerDisplay("{Fence} {Status}")]
public readonly record struct FenceCompletion(Fence Fence, ulong Tag, FenceStatus Status, Exception? Error);
