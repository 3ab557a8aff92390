// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// An asynchronous reader inside a <see cref="ReaderGate"/>; it may cross an <c>await</c> and change threads. Created by
/// <see cref="ReaderGate.EnterAsync(AddressRange, TimeSpan, CancellationToken, string)"/>.
/// </summary>
[DebuggerDisplay("lease of {_slot}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A lease is disposed, not compared.")]
public readonly struct ReaderLease : IDisposable
{
    private readonly ReaderSlot? _slot;
    private readonly long _lease;

    internal ReaderLease(ReaderSlot slot)
    {
        _slot = slot;
        _lease = Volatile.Read(ref slot.Lease);
    }

    /// <summary>
    /// Announces that the code in the scope runs before the lease ends. A lease may change threads, so it cannot announce this itself.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it on this thread. It does not end the lease.</returns>
    /// <remarks>Like <see cref="FenceTimeline.BeginSignaling"/>. Never blocks. Does nothing when the contract is not checked.</remarks>
    public FenceContractScope BeginSignaling([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        FenceContract.BeginSignaling(_slot?.ContractMap, file, line);

    /// <summary>Leaves the gate, on any thread. A second call does nothing, even on another copy of the lease.</summary>
    /// <remarks>Never blocks for longer than a few instructions. The last reader that an invalidation waits for signals its fence on this thread.</remarks>
    public void Dispose()
    {
        if (_slot is not null && Interlocked.CompareExchange(ref _slot.Lease, _lease + 1, _lease) == _lease)
        {
            _slot.Leave();
            _slot.ReturnLease();
        }
    }
}
