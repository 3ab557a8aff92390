// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// In which ways one class follows another. First word: how the first was held; second: how the next was wanted, where only a recursive
/// reader passes waiting writers.
/// </summary>
/// <remarks>The four dependency types of Linux lockdep (ER, EN, SR, SN).</remarks>
[Flags]
public enum LockDependencyKinds
{
    /// <summary>No dependency.</summary>
    None = 0,

    /// <summary>Held exclusively, next wanted by a recursive reader.</summary>
    ExclusiveToRecursive = 1,

    /// <summary>Held exclusively, next wanted by anyone who queues.</summary>
    ExclusiveToQueued = 2,

    /// <summary>Held by a reader, next wanted by a recursive reader.</summary>
    SharedToRecursive = 4,

    /// <summary>Held by a reader, next wanted by anyone who queues.</summary>
    SharedToQueued = 8,
}
