// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>How a validator behaves. Read once, when the validator is made.</summary>
[DebuggerDisplay("{Sinks.Count} sinks, at least {MinimumConfidence}")]
public sealed class LockValidatorOptions
{
    /// <summary>
    /// Where reports go from the start; <see cref="LockValidator.AddSink"/> adds others later. A report that no sink but an
    /// <see cref="LockViolationSink.ToEventSource"/> has taken goes to standard error.
    /// </summary>
    public IReadOnlyList<LockViolationSink> Sinks { get; init; } = [];

    /// <summary>Less sure findings are counted but not reported.</summary>
    public LockConfidence MinimumConfidence { get; init; } = LockConfidence.Possible;

    /// <summary>Whether call stacks are captured, once for each new place and each new dependency.</summary>
    public bool CaptureStacks { get; init; } = true;

    /// <summary>
    /// Whether sections that must not allocate count the bytes of their thread. Without, only <see cref="LockValidator.MightAllocate"/> is
    /// reported in them: for programs whose threads allocate for a tool that watches them.
    /// </summary>
    public bool MeasureAllocation { get; init; } = true;

    /// <summary>How many different chains are kept; further ones are validated anew each time, and counted.</summary>
    public int ChainCapacity { get; init; } = 1 << 20;

    /// <summary>How many findings <see cref="LockValidator.Violations"/> keeps; later ones are counted.</summary>
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
