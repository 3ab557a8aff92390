// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The result of a wait for several fences.</summary>
[DebuggerDisplay("{Status} by {Index}")]
public readonly struct FenceWaitResult : IEquatable<FenceWaitResult>
{
    internal FenceWaitResult(FenceStatus status, int index, Exception? error = null)
    {
        Status = status;
        Index = index;
        Error = error;
    }

    /// <summary>
    /// For a wait for any: the outcome of the fence that ended the wait. For a wait for all: <see cref="FenceStatus.Faulted"/> if any fence
    /// faulted, otherwise <see cref="FenceStatus.Retired"/> if the outcome of any is no longer known, otherwise
    /// <see cref="FenceStatus.Signaled"/>. <see cref="FenceStatus.Pending"/> when the time ran out.
    /// </summary>
    public FenceStatus Status { get; }

    /// <summary>
    /// The index of the fence that decided. For a wait for any: the fence that completed first. For a wait for all: the fence that faulted
    /// first or, when the time ran out, the first pending fence. -1 when no single fence decided.
    /// </summary>
    public int Index { get; }

    /// <summary>The error of the fence at <see cref="Index"/>; null unless <see cref="Status"/> is <see cref="FenceStatus.Faulted"/>.</summary>
    public Exception? Error { get; }

    /// <summary>Whether the time ran out.</summary>
    public bool IsTimeout => Status == FenceStatus.Pending;

    /// <summary>Whether both results are the same.</summary>
    /// <param name="other">Another result.</param>
    /// <returns>True if they are equal.</returns>
    public bool Equals(FenceWaitResult other) => Status == other.Status && Index == other.Index && ReferenceEquals(Error, other.Error);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FenceWaitResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Status, Index, Error);

    /// <summary>Whether both results are the same.</summary>
    /// <param name="left">A result.</param>
    /// <param name="right">Another result.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(FenceWaitResult left, FenceWaitResult right) => left.Equals(right);

    /// <summary>Whether the results differ.</summary>
    /// <param name="left">A result.</param>
    /// <param name="right">Another result.</param>
    /// <returns>True if they are not equal.</returns>
    public static bool operator !=(FenceWaitResult left, FenceWaitResult right) => !left.Equals(right);
}
