// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// The result of <see cref="ReaderGate.TryEnterAsync"/>: a lease, or none because time ran out. It is not disposable, so a <c>using</c>
/// cannot read without checking for the lease.
/// </summary>
/// <remarks>
/// A copy is equivalent to the original. The default value contains no lease. <b>Thread safety</b>: any thread may read it.
/// </remarks>
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
    /// <param name="lease">The lease, which the caller disposes. <c>default</c> when the result is false.</param>
    /// <returns>False when time ran out: the caller is not inside.</returns>
    /// <remarks>Never blocks, never allocates. A second call returns the same lease, which is disposed once.</remarks>
    public bool TryGetLease(out ReaderLease lease)
    {
        lease = _lease;
        return _hasEntered;
    }

    /// <summary>Describes the result for people.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => _hasEntered ? "entered" : "not entered";
}
