// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep;

namespace FenceKit.Extensions;

/// <summary>What an application does with the findings of the lock validator. Read once, when the host starts; checked then.</summary>
[DebuggerDisplay("at least {MinimumConfidence}")]
public sealed class LockdepOptions
{
    /// <summary>Findings that are less sure are not logged; <see cref="LockConfidence.Possible"/> unless said otherwise: all are.</summary>
    public LockConfidence MinimumConfidence { get; set; } = LockConfidence.Possible;

    /// <summary>
    /// Whether a finding also throws a <see cref="LockViolationException"/> at the code that takes the lock, which is then not taken; false
    /// unless said otherwise. For development: in production a lock that could hang one day is better than a request that fails today.
    /// </summary>
    public bool ThrowOnViolation { get; set; }

    /// <summary>A file to which each finding is appended; null for none, as usual.</summary>
    public string? ReportFile { get; set; }
}
