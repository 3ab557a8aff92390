// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>The thread that announced an acquisition, as the validator knows it.</summary>
/// <remarks>
/// A lock that keeps it while it is held can hand it to <see cref="LockValidator.Release(LockHolder, LockMap)"/>, which then need not find
/// the thread again. It says nothing about whether anything is held now. Use it on its own thread only.
/// </remarks>
[DebuggerDisplay("{Thread.Name,nq} holds {Depth}")]
public abstract class LockHolder
{
    private protected LockHolder()
    {
    }

    internal abstract Thread Thread { get; }

    internal abstract int Depth { get; }
}
