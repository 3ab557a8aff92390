// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>The mode of an acquisition: what it blocks, and what blocks it.</summary>
/// <remarks>
/// A holder in <see cref="Exclusive"/> blocks everyone; any shared holder blocks an exclusive acquisition; an upgradeable holder
/// also blocks other upgradeable ones. A waiting exclusive acquisition blocks <see cref="Shared"/> and <see cref="Upgradeable"/>,
/// but not <see cref="SharedRecursive"/>. The modes are those of Linux lockdep (write, read, recursive read) and of
/// <see cref="System.Threading.ReaderWriterLockSlim"/>.
/// </remarks>
public enum LockAcquireMode
{
    /// <summary>
    /// Excludes every other holder. A permit of a semaphore is also taken in this mode; its capacity is a property of the
    /// <see cref="LockMap"/>.
    /// </summary>
    Exclusive = 0,

    /// <summary>A reader that queues behind waiting writers, as in <see cref="System.Threading.ReaderWriterLockSlim"/>.</summary>
    Shared = 1,

    /// <summary>A reader that overtakes waiting writers, so that read locks can be nested.</summary>
    SharedRecursive = 2,

    /// <summary>A reader that may become the writer without releasing the lock; there is one at a time.</summary>
    Upgradeable = 3,
}
