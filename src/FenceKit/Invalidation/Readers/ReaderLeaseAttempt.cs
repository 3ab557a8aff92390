// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// What came of <see cref="ReaderGate.TryEnterAsync"/>: a lease, or none because time ran out. It cannot be disposed, so that nobody reads in a
/// <c>using</c> of it without having looked.
/// </summary>
/// <remarks>A value, as good as the lease in it. The default value holds none. <b>Thread safety</b>: any thread may ask.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "An attempt is read, not compared.")]
public readonly struct ReaderLeaseAttempt
{
    private readonly ReaderLease _lease;
    private readonly bool _hasEntered;

    internal ReaderLeaseAttempt(ReaderLease lease)
    {
        _lease = lease;
        _hasEntered = true;
    }

    /// <summary>The lease, if the reader is inside.</summary>
    /// <param name="lease">To be disposed by the caller. Nothing when the result is false.</param>
    /// <returns>False when time ran out: the caller is not inside.</returns>
    /// <remarks>Never blocks, never allocates. Asked twice, it gives the same lease twice: there is one to dispose.</remarks>
    public bool TryGetLease(out ReaderLease lease)
    {
        lease = _lease;
        return _hasEntered;
    }

    /// <summary>Whether the reader came in.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => _hasEntered ? "entered" : "not entered";
}
