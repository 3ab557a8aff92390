// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>A lock that a thread holds or, above the depth of the list, the last one that it held there.</summary>
internal struct HeldEntry
{
    /// <summary>The argument of <c>Release</c>: the <see cref="LockMap"/>, or the foreign object itself.</summary>
    public object? Instance;

    /// <summary>The site of the acquisition, as passed by the caller.</summary>
    public object? SiteToken;

    /// <summary>The contribution of the lock, the site and the options to the key.</summary>
    public ulong Own;

    /// <summary>
    /// The value of Own combined with the state of the thread for which the verdict is final; <see cref="LockHolder.Unsettled"/> if it is
    /// not.
    /// </summary>
    public ulong Known;

    /// <summary>The key of the chain up to and including this entry.</summary>
    public ulong Key;

    /// <summary>The sum of the cookies of all pins.</summary>
    public long Pins;

    /// <summary>
    /// Not null when a lock below this one was released since: then not everything that was acquired before this lock is below it.
    /// </summary>
    public HeldPath? Path;

    /// <summary>Not null when the asynchronous flow, not the thread, holds the lock.</summary>
    public FlowNode? Node;
    public ChainRecord Record;
}
