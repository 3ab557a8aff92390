// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>A stay inside an interrupting context. Must end on the thread where it began; ending it twice does nothing.</summary>
public ref struct InterruptingContextScope
{
    private readonly InterruptingContext _context;
    private readonly ContextSet _active;
    private readonly ContextSet _masked;
    private readonly LockWaitType _limit;
    private LockHolder? _stack;

    internal InterruptingContextScope(InterruptingContext context, LockHolder stack)
    {
        _context = context;
        _stack = stack;
        _active = stack.Active;
        _masked = stack.Masked;
        _limit = stack.WaitLimit;
    }

    /// <summary>Leaves the context.</summary>
    public void Dispose()
    {
        if (_stack is { } stack)
        {
            _stack = null;
            _context.Validator.LeaveContext(stack, _context, _active, _masked, _limit);
        }
    }
}

/// <summary>A stretch in which a context cannot interrupt the thread. Must end on the thread where it began; ending it twice does nothing.</summary>
public ref struct InterruptingContextMask
{
    private readonly LockValidator _validator;
    private readonly ContextSet _added;
    private LockHolder? _stack;

    internal InterruptingContextMask(LockValidator validator, LockHolder stack, ContextSet added)
    {
        _validator = validator;
        _stack = stack;
        _added = added;
    }

    /// <summary>Lets the context interrupt again; what the thread still holds then is held where it may interrupt.</summary>
    public void Dispose()
    {
        if (_stack is { } stack)
        {
            _stack = null;
            _validator.Unmask(stack, _added);
        }
    }
}

/// <summary>A stretch of code with a rule: no waiting, no allocation, inside an exclusive context, or without validation. Ends on its own thread.</summary>
public ref struct LockSectionScope
{
    private readonly LockValidator? _validator;
    private readonly SectionKind _kind;
    private readonly LockMap? _map;
    private readonly long _bytes;
    private readonly long _contentions;
    private LockHolder? _stack;

    internal LockSectionScope(
        LockValidator validator, LockHolder stack, SectionKind kind, LockMap? map = null, long bytes = 0, long contentions = 0)
    {
        _validator = validator;
        _stack = stack;
        _kind = kind;
        _map = map;
        _bytes = bytes;
        _contentions = contentions;
    }

    internal enum SectionKind
    {
        NoWait,
        NoAllocation,
        Exclusive,
        MaskedExclusive,
        Suppressed,
    }

    /// <summary>Ends the section; ending it twice does nothing.</summary>
    public void Dispose()
    {
        if (_stack is { } stack)
        {
            _stack = null;
            _validator!.EndSection(stack, _kind, _map, _bytes, _contentions);
        }
    }
}
