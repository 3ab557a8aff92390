// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>How a lock is wanted or held: what it blocks, and what blocks it.</summary>
/// <remarks>
/// A holder in <see cref="Exclusive"/> blocks everyone; any shared holder blocks an exclusive acquisition; an upgradeable holder
/// also blocks other upgradeable ones. A waiting exclusive acquisition blocks <see cref="Shared"/> and <see cref="Upgradeable"/>,
/// but not <see cref="SharedRecursive"/>. The modes are those of Linux lockdep (write, read, recursive read) and of
/// <see cref="System.Threading.ReaderWriterLockSlim"/>.
/// </remarks>
public enum LockAcquireMode
{
    /// <summary>Nobody else may hold the lock. A permit of a semaphore is taken in this mode too; its capacity is a property of the <see cref="LockMap"/>.</summary>
    Exclusive = 0,

    /// <summary>A reader that queues behind waiting writers, as in <see cref="System.Threading.ReaderWriterLockSlim"/>.</summary>
    Shared = 1,

    /// <summary>A reader that passes waiting writers, so that it can be nested in itself.</summary>
    SharedRecursive = 2,

    /// <summary>A reader that may become the writer without letting go; there is one at a time.</summary>
    Upgradeable = 3,
}
