// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>The less common options of an acquisition: mode, attempt, subclass, and the lock that serializes a nesting.</summary>
/// <remarks>A value type; passing it allocates nothing.</remarks>
[DebuggerDisplay("{Mode}, {Attempt}, subclass {Subclass}")]
public readonly record struct LockAcquireOptions
{
    /// <summary>The mode of the acquisition.</summary>
    public LockAcquireMode Mode { get; init; }

    /// <summary>Whether the acquisition waits, tries, or gives up after a time.</summary>
    public LockAttempt Attempt { get; init; }

    /// <summary>Distinguishes levels of one class that may nest, from 0 to <see cref="LockClass.MaxSubclass"/>.</summary>
    public int Subclass { get; init; }

    /// <summary>The lock that must be held and serializes all holders of several locks of this class (nest_lock of Linux lockdep).</summary>
    public object? NestedIn { get; init; }

    internal AcquireShape ToShape(int defaultSubclass)
    {
        if ((uint)Mode > (uint)LockAcquireMode.Upgradeable)
        {
            Misuse.ThrowBadMode(Mode);
        }

        if ((uint)Attempt > (uint)LockAttempt.Timed)
        {
            Misuse.ThrowBadAttempt(Attempt);
        }

        if ((uint)Subclass > LockClass.MaxSubclass)
        {
            Misuse.ThrowBadSubclass(Subclass);
        }

        int subclass = Subclass == 0 ? defaultSubclass : Subclass;
        return NestedIn is null ? AcquireShape.Of(Mode, Attempt, subclass) : AcquireShape.Nested(Mode, Attempt, subclass, NestedIn);
    }
}
