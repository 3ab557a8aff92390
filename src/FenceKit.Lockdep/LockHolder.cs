// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>The thread that announced an acquisition, as the validator knows it.</summary>
/// <remarks>
/// A lock that keeps it while it is held can hand it to <see cref="LockValidator.Release(LockHolder, LockMap)"/>, which then need not find
/// the thread again. It says nothing about whether anything is held now.
/// </remarks>
[DebuggerDisplay("{Thread.Name,nq} holds {Depth}")]
public abstract class LockHolder
{
    private protected LockHolder()
    {
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

        Post(instance);
    }

    internal abstract void Post(object instance);

    internal abstract Thread Thread { get; }

    internal abstract int Depth { get; }
}
