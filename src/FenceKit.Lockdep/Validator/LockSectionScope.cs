// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// A section of code with a rule: no waiting, no allocation, inside a context or with one masked, with a lock pinned, or without
/// validation.
/// </summary>
/// <remarks>Must end on the thread on which it began; ending it twice does nothing. Allocates nothing.</remarks>
public ref struct LockSectionScope : IDisposable
{
    private readonly LockValidator? _validator;
    private readonly SectionKind _kind;
    private readonly object? _subject; // the lock or context of the section, depending on its kind
    private readonly ContextSet _active;
    private readonly ContextSet _masked;
    private readonly LockWaitType _limit;
    private readonly long _bytes;
    private LockHolder? _stack;

    internal LockSectionScope(LockValidator validator, LockHolder stack, SectionKind kind, object? subject = null, long bytes = 0)
    {
        _validator = validator;
        _stack = stack;
        _kind = kind;
        _subject = subject;
        _bytes = bytes;
    }

    /// <summary>Enters a context; the end of the section restores the previous one.</summary>
    internal LockSectionScope(InterruptingContext context, LockHolder stack)
    {
        _validator = context.Validator;
        _stack = stack;
        _kind = SectionKind.Context;
        _subject = context;
        _active = stack.Active;
        _masked = stack.Masked;
        _limit = stack.WaitLimit;
    }

    /// <summary>Masks some contexts; the end of the section unmasks them.</summary>
    internal LockSectionScope(LockValidator validator, LockHolder stack, ContextSet added)
    {
        _validator = validator;
        _stack = stack;
        _kind = SectionKind.Mask;
        _masked = added;
    }

    internal enum SectionKind
    {
        NoWait,
        NoAllocation,
        Exclusive,
        MaskedExclusive,
        Suppressed,
        Context,
        Mask,
        Pin,
    }

    /// <summary>Ends the section; ending it twice does nothing.</summary>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed, and the rule of the section was broken, or its end breaks another rule.
    /// </exception>
    public void Dispose()
    {
        if (_stack is not { } stack)
        {
            return;
        }

        _stack = null;
        switch (_kind)
        {
            case SectionKind.Context:
                _validator!.LeaveContext(stack, (InterruptingContext)_subject!, _active, _masked, _limit);
                break;
            case SectionKind.Mask:
                _validator!.Unmask(stack, _masked);
                break;
            case SectionKind.Pin:
                _validator!.Unpin(stack, _subject!, _bytes);
                break;
            default:
                _validator!.EndSection(stack, _kind, (LockMap?)_subject, _bytes);
                break;
        }
    }
}
