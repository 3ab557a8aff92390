// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Options of a validator. Read once, when the validator is created.</summary>
[DebuggerDisplay("{Sinks.Count} sinks, at least {MinimumConfidence}")]
public sealed class LockValidatorOptions
{
    /// <summary>
    /// The initial sinks; <see cref="LockValidator.AddSink"/> adds others later. A report that no sink has accepted, other than
    /// <see cref="LockViolationSink.ToEventSource"/>, goes to standard error.
    /// </summary>
    public IReadOnlyList<LockViolationSink> Sinks { get; init; } = [];

    /// <summary>Findings with less confidence are counted but not reported.</summary>
    public LockConfidence MinimumConfidence { get; init; } = LockConfidence.Possible;

    /// <summary>Whether call stacks are captured, once for each new site and each new dependency.</summary>
    public bool CaptureStacks { get; init; } = true;

    /// <summary>
    /// Whether sections that must not allocate measure the allocations of their thread. If false, only
    /// <see cref="LockValidator.MightAllocate"/> is reported in them: for programs whose threads also allocate for a tool that observes
    /// them.
    /// </summary>
    public bool MeasureAllocation { get; init; } = true;

    /// <summary>The maximum number of chains that are kept; further ones are validated each time, and counted.</summary>
    public int ChainCapacity { get; init; } = 1 << 20;

    /// <summary>The maximum number of findings that <see cref="LockValidator.Violations"/> keeps; later ones are counted.</summary>
    public int ViolationCapacity { get; init; } = 1000;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Sinks);
        ArgumentOutOfRangeException.ThrowIfNegative(ViolationCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(ChainCapacity);
        foreach (LockViolationSink sink in Sinks)
        {
            if (sink is null)
            {
                throw new ArgumentException("A sink is null.", nameof(Sinks));
            }
        }
    }
}
