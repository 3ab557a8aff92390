// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep;

namespace FenceKit.Extensions;

/// <summary>The options for the findings of the lock validator. Read and validated once, when the host starts.</summary>
[DebuggerDisplay("at least {MinimumConfidence}")]
public sealed class LockdepOptions
{
    /// <summary>The least confidence of findings that are logged; <see cref="LockConfidence.Possible"/> by default, so that all are.</summary>
    public LockConfidence MinimumConfidence { get; set; } = LockConfidence.Possible;

    /// <summary>
    /// Whether a finding also throws a <see cref="LockViolationException"/> in the code that takes the lock, which is then not taken; false
    /// by default. For development: in production a lock that might deadlock one day is better than a request that fails today.
    /// </summary>
    public bool ThrowOnViolation { get; set; }

    /// <summary>A file to which each finding is appended; null, the default, for none.</summary>
    public string? ReportFile { get; set; }
}
