// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.WoundWait;

/// <summary>
/// The 36 wound/wait cases of the kernel's self-test on <see cref="WoundWaitLock"/> itself (FenceKit.Lockdep.Tests runs them on a small lock
/// over the public seam). What the kernel only reports, the lock refuses too: the exception is part of the case.
/// </summary>
/// <remarks>
/// Where the lock differs from the kernel's: a context belongs to no thread and nobody waits for it, so two of them are a recursion of
/// their locks once each has one, not at their beginning; an older or younger context is one of another thread, since ages cannot be written; Dispose may be repeated, as
/// everywhere in .NET, and a context is misused only by being used afterwards.
/// </remarks>
[Trait("Suite", "KernelMatrix")]
public sealed class WoundWaitMatrixTests
{
    private const LockViolationKind Circle = LockViolationKind.CircularDependency;
    private const LockViolationKind Recursion = LockViolationKind.Recursion;
    private const LockViolationKind Protocol = LockViolationKind.Protocol;
    private const string Objects = "locks of ww";
    private const string Contexts = "context of ww";
    private const string ContextToObject = $"{Contexts} -> {Objects}";

    /// <summary>One case: what must be reported about which classes, or all the order that it teaches.</summary>
    private sealed record Case(Action<WoundWaitBench> Run, LockViolationKind? Report, params string[] Names);

    private static readonly Dictionary<string, Case> s_cases = new()
    {
        ["api fail_acquire"] = new(FailAcquire, null, ContextToObject),
        ["api normal"] = new(PlainUse, null, ContextToObject),
        ["api unneeded_slow"] = new(static b => Assert.Throws<InvalidOperationException>(() => b.LockSlow(b.O)), Protocol, Contexts),
        ["mixing two_contexts"] = new(TwoContexts, Recursion, Objects),
        ["mixing diff_class"] = new(DifferentClass, Protocol, "context of other"),
        ["finish done twice"] = new(DoneTwice, Protocol, Contexts),
        ["finish fini twice"] = new(EndTwice, Protocol, Contexts),
        ["finish fini with lock held"] = new(EndWithLockHeld, Protocol, Contexts),
        ["finish lock after done"] = new(LockAfterDone, Protocol, Contexts),
        ["mismatch unlock twice"] = new(UnlockTwice, LockViolationKind.NotHeld, Objects),
        ["mismatch acquired forced to zero"] = new(CountForced, Protocol, Objects),
        ["mismatch stale context"] = new(StaleContext, Protocol, Objects),
        ["deadlk normal"] = new(static b => BackOff(b, isSlow: false), null, ContextToObject),
        ["deadlk normal_slow"] = new(static b => BackOff(b, isSlow: true), null, ContextToObject),
        ["deadlk no_unlock"] = new(static b => NoUnlock(b, isSlow: false), Protocol, Contexts),
        ["deadlk no_unlock_slow"] = new(static b => NoUnlock(b, isSlow: true), Protocol, Contexts),
        ["deadlk acquire_more"] = new(static b => AcquireMore(b, isSlow: false), Protocol, Contexts),
        ["deadlk acquire_more_slow"] = new(static b => AcquireMore(b, isSlow: true), Protocol, Contexts),
        ["deadlk acquire_more_edeadlk"] = new(static b => AcquireMore(b, isSlow: false, alsoHeld: true), Protocol, Contexts),
        ["deadlk acquire_more_edeadlk_slow"] = new(static b => AcquireMore(b, isSlow: true, alsoHeld: true), Protocol, Contexts),
        ["deadlk acquire_wrong"] = new(static b => AcquireWrong(b, isSlow: false), Protocol, Contexts),
        ["deadlk acquire_wrong_slow"] = new(static b => AcquireWrong(b, isSlow: true), Protocol, Contexts),
        ["spin nest unlocked"] = new(
            static b => b.Validator.Acquire(b.A, new LockAcquireOptions { NestedIn = b.O.ContractMap }), LockViolationKind.InvalidNesting, "A"),
        ["spin nest lock"] = new(NestedSpin, null, "X -> Y", "Y -> A"),
        ["matrix context block"] = new(static b => Pair(b, Context, Block), Recursion, Objects),
        ["matrix context try"] = new(static b => Pair(b, Context, Try), null, ContextToObject),
        ["matrix context context"] = new(static b => Pair(b, Context, Context), null, ContextToObject),
        ["matrix try block"] = new(static b => Pair(b, Try, Block), Recursion, Objects),
        ["matrix try try"] = new(static b => Pair(b, Try, Try), null),
        ["matrix try context"] = new(static b => Pair(b, Try, Context), Recursion, Objects),
        ["matrix block block"] = new(static b => Pair(b, Block, Block), Recursion, Objects),
        ["matrix block try"] = new(static b => Pair(b, Block, Try), null),
        ["matrix block context"] = new(static b => Pair(b, Block, Context), Recursion, Objects),
        ["matrix spin block"] = new(static b => Spin(b, Block), Circle, "A", Objects),
        ["matrix spin try"] = new(static b => Spin(b, Try), null, $"{Objects} -> A"),
        ["matrix spin context"] = new(static b => Spin(b, Context), Circle, "A", Objects),
    };

    public static TheoryData<string> Names => new(s_cases.Keys);

    [Fact]
    public void There_are_36_of_them() => Assert.Equal(36, s_cases.Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void Wound_wait(string name)
    {
        Case one = s_cases[name];
        using WoundWaitBench bench = new();
        one.Run(bench);
        if (one.Report is { } kind)
        {
            LockViolation report = Assert.Single(bench.Sink.Violations);
            Assert.Equal(kind, report.Kind);
            Assert.All(one.Names, expected => Assert.Contains(expected, report.ClassNames));
        }
        else
        {
            Assert.Empty(bench.Sink.Violations);
            Assert.Equal(one.Names, bench.TaughtOrder());
        }
    }

    private static void FailAcquire(WoundWaitBench b)
    {
        Assert.Equal(WoundWaitOutcome.Acquired, b.Lock(b.O));
        Assert.Equal(WoundWaitOutcome.AlreadyHeld, b.Lock(b.O));
        Assert.False(b.O.TryLock());
        b.OnOther(() =>
        {
            using WoundWaitContext younger = new(b.Class);
            Assert.Equal(WoundWaitOutcome.Acquired, b.O2.Lock(younger));
            Assert.Equal(WoundWaitOutcome.MustBackOff, b.O.Lock(younger));
            b.O2.Unlock(younger);
        });
        b.O.Unlock(b.T);
        Assert.True(b.O.TryLock());
        b.O.Unlock();
        b.T.Dispose();
    }

    private static void PlainUse(WoundWaitBench b)
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.True(b.O.Lock(Timeout.InfiniteTimeSpan));
            b.O.Unlock();
        }

        Assert.True(b.O.TryLock());
        Assert.False(b.O.TryLock());
        b.O.Unlock();
        b.Lock(b.O);
        Assert.Throws<SynchronizationLockException>(() => b.Quietly(() => b.O.Unlock())); // it is the context's, as it says
        b.O.Unlock(b.T);
        b.T.Dispose();
    }

    private static void TwoContexts(WoundWaitBench b)
    {
        b.Lock(b.O);
        using WoundWaitContext second = new(b.Class);
        b.O2.Lock(second);
        b.O2.Unlock(second);
    }

    private static void DifferentClass(WoundWaitBench b)
    {
        using WoundWaitContext foreign = new(new WoundWaitClass("other"));
        Assert.Throws<ArgumentException>(() => b.O.Lock(foreign));
    }

    private static void DoneTwice(WoundWaitBench b)
    {
        b.T.Done();
        Assert.Throws<InvalidOperationException>(b.T.Done);
        b.T.Dispose();
    }

    private static void EndTwice(WoundWaitBench b)
    {
        b.T.Dispose();
        b.T.Dispose();
        Assert.Empty(b.Sink.Violations);
        Assert.Throws<ObjectDisposedException>(b.T.Done);
    }

    private static void EndWithLockHeld(WoundWaitBench b)
    {
        b.Lock(b.O);
        b.T.Done();
        b.T.Dispose();
        Assert.False(b.O.IsHeld);
    }

    private static void LockAfterDone(WoundWaitBench b)
    {
        b.T.Done();
        Assert.Throws<InvalidOperationException>(() => b.Lock(b.O));
    }

    private static void UnlockTwice(WoundWaitBench b)
    {
        b.Lock(b.O);
        b.O.Unlock(b.T);
        Assert.Throws<SynchronizationLockException>(() => b.O.Unlock(b.T));
    }

    private static void CountForced(WoundWaitBench b)
    {
        b.Lock(b.O);
        HeldField(b.T) = 0;
        b.O.Unlock(b.T);
        b.T.Dispose();
    }

    private static void StaleContext(WoundWaitBench b)
    {
        using WoundWaitContext stale = new(b.Class);
        HolderField(b.O) = stale;
        b.Lock(b.O);
    }

    private static void BackOff(WoundWaitBench b, bool isSlow)
    {
        b.OlderTakes(b.O2);
        Assert.Equal(WoundWaitOutcome.Acquired, b.Lock(b.O));
        Assert.Equal(WoundWaitOutcome.MustBackOff, b.Lock(b.O2));
        b.OlderUnlocks(b.O2);
        b.O.Unlock(b.T);
        Assert.Equal(WoundWaitOutcome.Acquired, isSlow ? b.LockSlow(b.O2) : b.Lock(b.O2));
        b.O2.Unlock(b.T);
        b.T.Dispose();
    }

    private static void NoUnlock(WoundWaitBench b, bool isSlow)
    {
        b.OlderTakes(b.O2);
        b.Lock(b.O);
        Assert.Equal(WoundWaitOutcome.MustBackOff, b.Lock(b.O2));
        b.OlderUnlocks(b.O2);
        Assert.Throws<InvalidOperationException>(() => isSlow ? b.LockSlow(b.O2) : b.Lock(b.O2));
    }

    private static void AcquireMore(WoundWaitBench b, bool isSlow, bool alsoHeld = false)
    {
        b.OlderTakes(b.O2);
        if (alsoHeld)
        {
            b.OlderTakes(b.O3);
        }

        b.Lock(b.O);
        Assert.Equal(WoundWaitOutcome.MustBackOff, b.Lock(b.O2));
        Assert.Throws<InvalidOperationException>(() => isSlow ? b.LockSlow(b.O3) : b.Lock(b.O3));
    }

    private static void AcquireWrong(WoundWaitBench b, bool isSlow)
    {
        b.OlderTakes(b.O2);
        b.Lock(b.O);
        Assert.Equal(WoundWaitOutcome.MustBackOff, b.Lock(b.O2));
        b.O.Unlock(b.T);
        Assert.Throws<InvalidOperationException>(() => isSlow ? b.LockSlow(b.O3) : b.Lock(b.O3));
    }

    private static void NestedSpin(WoundWaitBench b)
    {
        LockClass y = LockClass.Create("Y");
        (LockMap x1, LockMap y1, LockMap y2) = (new LockMap(LockClass.Create("X")), new LockMap(y), new LockMap(y));
        b.Validator.Acquire(x1);
        b.Validator.Acquire(y1, new LockAcquireOptions { NestedIn = x1 });
        b.Validator.Acquire(b.A);
        b.Validator.Acquire(y2, new LockAcquireOptions { NestedIn = x1 });
        b.Validator.Release(b.A);
        b.Validator.Release(y2);
        b.Validator.Release(y1);
        b.Validator.Release(x1);
    }

    private static void Pair(WoundWaitBench b, Action<WoundWaitBench, WoundWaitLock> first, Action<WoundWaitBench, WoundWaitLock> second)
    {
        first(b, b.O);
        second(b, b.O2);
    }

    private static void Spin(WoundWaitBench b, Action<WoundWaitBench, WoundWaitLock> take)
    {
        b.TouchSpin();
        take(b, b.O);
        b.TouchSpin();
        b.O.Unlock(b.T.HeldLocks > 0 ? b.T : null);
        b.Validator.Acquire(b.A);
        take(b, b.O);
    }

    private static void Block(WoundWaitBench b, WoundWaitLock one) => Assert.True(one.Lock(Timeout.InfiniteTimeSpan));

    private static void Try(WoundWaitBench b, WoundWaitLock one) => Assert.True(one.TryLock());

    private static void Context(WoundWaitBench b, WoundWaitLock one) => Assert.Equal(WoundWaitOutcome.Acquired, b.Lock(one));

    // From inside: no member of the class brings its own bookkeeping into the wrong state, which these cases begin with.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_held")]
    private static extern ref int HeldField(WoundWaitContext context);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_holder")]
    private static extern ref WoundWaitContext? HolderField(WoundWaitLock one);
}
