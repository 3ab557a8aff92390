// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// The modes in which one class was acquired while another was held. The first word says how the held lock was held, the second how the
/// next one was wanted; only a recursive reader overtakes waiting writers.
/// </summary>
/// <remarks>The four dependency types of Linux lockdep (ER, EN, SR, SN).</remarks>
[Flags]
public enum LockDependencyKinds
{
    /// <summary>No dependency.</summary>
    None = 0,

    /// <summary>Held exclusively; the next lock wanted by a recursive reader.</summary>
    ExclusiveToRecursive = 1,

    /// <summary>Held exclusively; the next lock wanted in a mode that queues.</summary>
    ExclusiveToQueued = 2,

    /// <summary>Held by a reader; the next lock wanted by a recursive reader.</summary>
    SharedToRecursive = 4,

    /// <summary>Held by a reader; the next lock wanted in a mode that queues.</summary>
    SharedToQueued = 8,
}
