// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Code that may run on top of whatever a thread is doing: a reentrant message pump, a continuation that runs inline inside
/// <c>SetResult</c>, a fence callback, an interrupt. A lock that it acquires must not be held where it may interrupt.
/// </summary>
/// <remarks>
/// Created by <see cref="LockValidator.DefineContext"/>; there may be any number. (hardirq and softirq of Linux lockdep.)
/// </remarks>
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

    /// <summary>The parent context, if any. Masking the parent masks this context too.</summary>
    public InterruptingContext? Parent { get; }

    /// <summary>The heaviest wait type of locks that may be acquired inside.</summary>
    public LockWaitType WaitLimit { get; }

    /// <summary>Whether it interrupts only at calls of <see cref="LockValidator.MightInterrupt"/>.</summary>
    public bool IsAnnounced { get; }

    internal LockValidator Validator { get; }

    internal int Index { get; }

    internal ContextSet Self { get; }

    /// <summary>This context and its descendants. Written only while the validator defines contexts.</summary>
    internal ContextSet MaskedWith { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
