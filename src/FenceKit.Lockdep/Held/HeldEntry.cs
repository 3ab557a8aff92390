// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>One lock that a thread holds; or, above the depth of the stack, the one that it held there last.</summary>
internal struct HeldEntry
{
    /// <summary>What <c>Release</c> is called with: the <see cref="LockMap"/>, or the foreign object itself.</summary>
    public object? Instance;

    /// <summary>The place it was taken at, as the caller named it.</summary>
    public object? SiteToken;

    /// <summary>What the lock, the place and the way it was taken put into the key.</summary>
    public ulong Own;

    /// <summary>The same, and the state of the thread for which the verdict is settled; <see cref="LockHolder.Unsettled"/> if it is not.</summary>
    public ulong Known;

    /// <summary>The key of the chain with it.</summary>
    public ulong Key;

    /// <summary>The sum of the cookies of the pins that stand.</summary>
    public long Pins;

    /// <summary>Not null when a lock below it was let go since: it is then no longer true that everything taken before it is below it.</summary>
    public HeldPath? Path;

    /// <summary>Not null when the asynchronous flow holds it and not the thread.</summary>
    public FlowNode? Node;
    public ChainRecord Record;
}
