// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A reader that an invalidation waits for; see <see cref="ReaderGate.CopyHoldouts"/>.</summary>
/// <param name="Reader">The name of the thread, or of the member that took the asynchronous lease.</param>
/// <param name="ManagedThreadId">The thread; 0 for an asynchronous lease.</param>
/// <param name="Held">How long ago an invalidation first found it inside. It may have entered earlier: entering reads no clock.</param>
/// <param name="IsAlive">False when the thread has ended without leaving. It delays invalidations only until that is noticed.</param>
[DebuggerDisplay("{Reader,nq} for {Held}")]
public readonly record struct ReaderHoldout(string Reader, int ManagedThreadId, TimeSpan Held, bool IsAlive);
