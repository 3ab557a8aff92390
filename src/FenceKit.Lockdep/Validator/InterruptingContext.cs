// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Code that may run on top of whatever a thread is doing: a message pump that re-enters, a continuation run inline inside
/// <c>SetResult</c>, a fence callback, an interrupt. A lock that it takes must not be held where it may interrupt.
/// </summary>
/// <remarks>Made by <see cref="LockValidator.DefineContext"/>; there may be any number. (hardirq and softirq of Linux lockdep.)</remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class InterruptingContext
{
    internal InterruptingContext(LockValidator validator, string name, InterruptingContext? parent, LockWaitType waitLimit, int index, bool isAnnounced)
    {
        Validator = validator;
        Name = name;
        Parent = parent;
        WaitLimit = waitLimit;
        Index = index;
        IsAnnounced = isAnnounced;
        Self = ContextSet.Of(index);
        MaskedWith = Self;
    }

    /// <summary>The name in reports.</summary>
    public string Name { get; }

    /// <summary>Masking the parent masks this context too; null when it stands alone.</summary>
    public InterruptingContext? Parent { get; }

    /// <summary>The heaviest kind of lock that may be taken inside.</summary>
    public LockWaitType WaitLimit { get; }

    /// <summary>Whether it interrupts only where <see cref="LockValidator.MightInterrupt"/> says so.</summary>
    public bool IsAnnounced { get; }

    internal LockValidator Validator { get; }

    internal int Index { get; }

    internal ContextSet Self { get; }

    /// <summary>Itself and all below it. Written only while the validator defines contexts.</summary>
    internal ContextSet MaskedWith { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
