// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>The thread that announced an acquisition, as the validator knows it.</summary>
/// <remarks>
/// A lock that keeps it while it is held need not find the thread again to let go. It says nothing about whether anything is held now.
/// </remarks>
[DebuggerDisplay("{Thread.Name,nq} holds {Depth}")]
public sealed partial class LockHolder : IFlowReader
{
    /// <summary>Says that this thread let a lock go: the cheapest way, for it need not find the thread.</summary>
    /// <param name="map">The lock.</param>
    /// <remarks>On the thread itself only. Call it before or after the lock itself is left. Never blocks; allocates only for a report.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is not held, or is pinned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(LockMap map)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        if (!TryPopTop(map))
        {
            Owner.ReleaseSlow(this, map);
        }
    }

    /// <summary>Says that a lock was let go that this thread had taken, by whichever thread: for locks that are not bound to one.</summary>
    /// <param name="instance">The <see cref="LockMap"/>, or the object that was named when it was acquired.</param>
    /// <remarks>
    /// Any thread may call it; the thread itself uses <see cref="LockValidator.Release(object)"/>, which costs less. The lock counts as let
    /// go before the next thing that the thread acquires or asserts; one that it does not hold then is ignored. Never blocks; allocates a
    /// few bytes, and the thread's next acquisition takes the slow path once.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    public void ReleaseFromAnotherThread(object instance)
    {
        if (instance is null)
        {
            Misuse.ThrowNull(nameof(instance));
        }

        AddForeignRelease(instance);
    }
}
