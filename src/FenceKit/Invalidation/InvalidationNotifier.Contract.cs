// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// What the notifier tells the validator.
public sealed partial class InvalidationNotifier
{
    internal NotifierContract? Contract { get; }

    /// <summary>
    /// Announces that this thread takes the lock of the owner's table (which maps ranges to their contents) and holds it until the scope
    /// ends.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it on this thread, when the lock is left.</returns>
    /// <remarks>
    /// <para>Call it right before the lock is entered. The lock is the outermost of the contract: invalidations and waits for fences may
    /// happen under it, so it must not be taken in a callback, nor between the start of a signaling section and the signal.</para>
    /// <para>The mmap lock of Linux has the same role. Never blocks. Does nothing when the contract is not checked, see
    /// <see cref="FenceContract"/>.</para>
    /// </remarks>
    public FenceContractScope AcquireTable([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        FenceContract.Acquire(Contract?.Table, file, line);
}
