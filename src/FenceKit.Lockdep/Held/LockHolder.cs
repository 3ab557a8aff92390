// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>The holder of an acquisition: the thread that announced it, with its held list.</summary>
/// <remarks>
/// A lock that stores its holder need not look up the thread for the release. The object does not tell whether a lock is held now.
/// </remarks>
[DebuggerDisplay("{Thread.Name,nq} holds {Depth}")]
public sealed partial class LockHolder : IFlowReader
{
    /// <summary>
    /// Announces that this thread has released a lock. This is the cheapest way, because the thread need not be looked up.
    /// </summary>
    /// <param name="map">The lock.</param>
    /// <remarks>
    /// Must be called on the thread itself, before or after the lock itself is left. Never blocks; allocates only for a report.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is not held, or is pinned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(LockMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!TryPopTop(map))
        {
            Owner.ReleaseSlow(this, map);
        }
    }

    /// <summary>
    /// Announces that any thread has released a lock that this thread had acquired: for locks that are not bound to a thread.
    /// </summary>
    /// <param name="instance">The <see cref="LockMap"/>, or the object that was passed when the lock was acquired.</param>
    /// <remarks>
    /// Any thread may call it; the thread itself uses <see cref="LockValidator.Release(object)"/>, which costs less. The lock counts as
    /// released before the next acquisition or assertion of the thread; a lock that the thread does not hold then is ignored. Never blocks;
    /// allocates a few bytes, and the thread's next acquisition takes the slow path once.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    public void ReleaseFromAnotherThread(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        AddForeignRelease(instance);
    }
}
