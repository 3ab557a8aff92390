// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Who keeps a session from completing; see <see cref="InvalidationSession.CopyPending"/>.</summary>
/// <param name="Subscription">The subscriber's registration.</param>
/// <param name="Fence">The fence that it handed back; <c>default</c> when it threw instead.</param>
/// <param name="Held">How long ago it was scheduled.</param>
/// <param name="Error">The fault of the fence, or what the subscriber threw; null while it is merely pending.</param>
[DebuggerDisplay("{Subscription.Name,nq} for {Held}: {Fence}")]
public readonly record struct PendingInvalidation(InvalidationSubscription Subscription, Fence Fence, TimeSpan Held, Exception? Error);
