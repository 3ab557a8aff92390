// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

internal enum TestWaitDieResult
{
    Taken,
    Already,
    Deadlock,
}

/// <summary>A class of wait-die locks, as small as the kernel's cases allow; annotated through the public seam only.</summary>
internal sealed class TestWaitDieClass(LockValidator validator)
{
    private long _lastStamp;

    public LockValidator Validator { get; } = validator;

    public LockClass Objects { get; } = LockClass.Create("object");

    public LockClass Contexts { get; } = LockClass.Create("context", new LockClassOptions { BreaksDeadlocks = true });

    public long NextStamp() => ++_lastStamp;
}

internal sealed class TestWaitDieContext
{
    private readonly LockValidator _validator;
    private bool _isDone;
    private bool _isFinished;

    public TestWaitDieContext(TestWaitDieClass owner, bool announce = true)
    {
        Owner = owner;
        _validator = owner.Validator;
        Stamp = owner.NextStamp() * 10;
        Map = new LockMap(owner.Contexts);
        if (announce)
        {
            _validator.Acquire(Map);
        }
    }

    public TestWaitDieClass Owner { get; set; }

    public LockMap Map { get; }

    public long Stamp { get; set; }

    public int Acquired { get; set; }

    public TestWaitDieObject? Contending { get; set; }

    public bool IsDone => _isDone;

    public void Done()
    {
        if (_isDone)
        {
            _validator.ReportProtocol(Map, "A context is declared complete twice.");
        }

        _isDone = true;
    }

    public void Finish()
    {
        if (_isFinished)
        {
            _validator.ReportProtocol(Map, "A context is finished twice.");
            return;
        }

        if (Acquired != 0)
        {
            _validator.ReportProtocol(Map, "A context is finished while it owns locks.");
        }

        _isFinished = true;
        _validator.Release(Map);
    }
}

internal sealed class TestWaitDieObject(TestWaitDieClass owner)
{
    public LockMap Map { get; } = new(owner.Objects);

    public TestWaitDieContext? Context { get; set; }

    public bool IsLocked { get; set; }

    private LockValidator Validator => owner.Validator;

    public void LockPlain(TestWaitDieContext? nestedIn = null)
    {
        Validator.Acquire(Map, new LockAcquireOptions { NestedIn = nestedIn?.Map });
        IsLocked = true;
    }

    public bool TryLock()
    {
        if (IsLocked)
        {
            return false;
        }

        IsLocked = true;
        Validator.Acquire(Map, new LockAcquireOptions { Attempt = LockAttempt.Try });
        return true;
    }

    public TestWaitDieResult Lock(TestWaitDieContext context, bool isSlow = false)
    {
        if (IsLocked && ReferenceEquals(Context, context))
        {
            return TestWaitDieResult.Already;
        }

        string? broken = BrokenRule(context, isSlow);
        if (broken is not null)
        {
            Validator.ReportProtocol(Map, broken);
        }

        // The younger one dies instead of waiting, so there is nothing to announce.
        if (IsLocked && Context is { } holder && holder.Stamp < context.Stamp)
        {
            context.Contending = this;
            return TestWaitDieResult.Deadlock;
        }

        Validator.Acquire(Map, new LockAcquireOptions { NestedIn = context.Map });

        IsLocked = true;
        Context = context;
        context.Acquired++;
        context.Contending = null;
        return TestWaitDieResult.Taken;
    }

    public void Unlock()
    {
        if (Context is { } context)
        {
            if (context.Acquired == 0)
            {
                Validator.ReportProtocol(Map, "A context gives back more locks than it took.");
            }
            else
            {
                context.Acquired--;
            }
        }

        IsLocked = false;
        Context = null;
        Validator.Release(Map);
    }

    private string? BrokenRule(TestWaitDieContext context, bool isSlow)
    {
        if (!ReferenceEquals(context.Owner, owner))
        {
            return "The lock belongs to another class than the context.";
        }

        if (context.IsDone)
        {
            return "A lock is taken with a context that was declared complete.";
        }

        if (!IsLocked && Context is not null)
        {
            return "A free lock names a context.";
        }

        if (isSlow && context.Contending is null)
        {
            return "The slow path is taken without having backed off.";
        }

        if (context.Contending is { } contending && !ReferenceEquals(contending, this))
        {
            return "After backing off, another lock than the contended one is taken.";
        }

        return context.Contending is not null && context.Acquired > 0 ? "The contended lock is taken again while others are kept." : null;
    }
}
