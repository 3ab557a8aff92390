// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>Group 2.6 on a small wait-die lock over the public seam. The flavour is the kernel suite's.</summary>
[Trait("Suite", "KernelMatrix")]
public sealed class WoundWaitMatrixTests
{
    private sealed class Bench
    {
        public Bench()
        {
            Validator = new LockValidator(new LockValidatorOptions { Sinks = [Sink], CaptureStacks = false });
            Owner = new TestWaitDieClass(Validator);
            (O, O2, O3) = (new TestWaitDieObject(Owner), new TestWaitDieObject(Owner), new TestWaitDieObject(Owner));
        }

        public CollectingSink Sink { get; } = new();

        public LockValidator Validator { get; }

        public TestWaitDieClass Owner { get; }

        public TestWaitDieObject O { get; }

        public TestWaitDieObject O2 { get; }

        public TestWaitDieObject O3 { get; }

        public LockMap A { get; } = new(LockClass.Create("A"));

        public LockMap X1 { get; } = new(LockClass.Create("X"));

        public TestWaitDieContext Begin() => new(Owner);

        public TestWaitDieContext OlderHolderOf(TestWaitDieContext context, params TestWaitDieObject[] objects)
        {
            var older = new TestWaitDieContext(Owner, announce: false) { Stamp = context.Stamp - 1 };
            foreach (TestWaitDieObject one in objects)
            {
                (one.IsLocked, one.Context) = (true, older);
            }

            return older;
        }

        public void Free(TestWaitDieObject one) => (one.IsLocked, one.Context) = (false, null);

        public void TouchSpin()
        {
            Validator.Acquire(A);
            Validator.Release(A);
        }
    }

    private static readonly Dictionary<string, (LockViolationKind? Report, Action<Bench> Run)> s_cases = new()
    {
        ["api fail_acquire"] = (null, static b =>
        {
            TestWaitDieContext t = b.Begin();
            Assert.Equal(TestWaitDieResult.Taken, b.O.Lock(t));
            Assert.Equal(TestWaitDieResult.Already, b.O.Lock(t));
            Assert.False(b.O.TryLock());
            var newer = new TestWaitDieContext(b.Owner, announce: false) { Stamp = t.Stamp + 1 };
            b.Validator.Acquire(newer.Map, new LockAcquireOptions { Attempt = LockAttempt.Try });
            Assert.Equal(TestWaitDieResult.Deadlock, b.O.Lock(newer));
            b.Validator.Release(newer.Map);
            b.O.Unlock();
            Assert.True(b.O.TryLock());
            b.O.Unlock();
            t.Finish();
        }),
        ["api normal"] = (null, static b =>
        {
            TestWaitDieContext stale = new(b.Owner, announce: false);
            b.O.Context = stale;
            for (int i = 0; i < 3; i++)
            {
                b.O.LockPlain();
                b.Validator.Release(b.O.Map);
                b.O.IsLocked = false;
            }

            Assert.True(b.O.TryLock());
            Assert.False(b.O.TryLock());
            b.Validator.Release(b.O.Map);
            b.O.IsLocked = false;
            TestWaitDieContext t = b.Begin();
            b.O.LockPlain(t);
            b.Validator.Release(b.O.Map);
            t.Finish();
            Assert.Same(stale, b.O.Context);
        }),
        ["api unneeded_slow"] = (LockViolationKind.Protocol, static b => b.O.Lock(b.Begin(), isSlow: true)),
        ["mixing two_contexts"] = (Recursion, static b =>
        {
            b.Begin();
            b.Begin();
        }),
        ["mixing diff_class"] = (LockViolationKind.Protocol, static b =>
        {
            TestWaitDieContext t = b.Begin();
            t.Owner = new TestWaitDieClass(b.Validator);
            b.O.Lock(t);
        }),
        ["finish done twice"] = (LockViolationKind.Protocol, static b =>
        {
            TestWaitDieContext t = b.Begin();
            t.Done();
            t.Done();
            t.Finish();
        }),
        ["finish fini twice"] = (LockViolationKind.Protocol, static b =>
        {
            TestWaitDieContext t = b.Begin();
            t.Finish();
            t.Finish();
        }),
        ["finish fini with lock held"] = (LockViolationKind.Protocol, static b =>
        {
            TestWaitDieContext t = b.Begin();
            b.O.Lock(t);
            t.Done();
            t.Finish();
        }),
        ["finish lock after done"] = (LockViolationKind.Protocol, static b =>
        {
            TestWaitDieContext t = b.Begin();
            t.Done();
            b.O.Lock(t);
        }),
        ["mismatch unlock twice"] = (LockViolationKind.NotHeld, static b =>
        {
            TestWaitDieContext t = b.Begin();
            b.O.Lock(t);
            b.O.Unlock();
            b.O.Unlock();
        }),
        ["mismatch acquired forced to zero"] = (LockViolationKind.Protocol, static b =>
        {
            TestWaitDieContext t = b.Begin();
            b.O.Lock(t);
            t.Acquired = 0;
            b.O.Unlock();
            t.Finish();
        }),
        ["mismatch stale context"] = (LockViolationKind.Protocol, static b =>
        {
            TestWaitDieContext t = b.Begin();
            b.O.Context = new TestWaitDieContext(b.Owner, announce: false);
            b.O.Lock(t);
        }),
        ["deadlk normal"] = (null, static b => BackOff(b, isSlow: false)),
        ["deadlk normal_slow"] = (null, static b => BackOff(b, isSlow: true)),
        ["deadlk no_unlock"] = (LockViolationKind.Protocol, static b => NoUnlock(b, isSlow: false)),
        ["deadlk no_unlock_slow"] = (LockViolationKind.Protocol, static b => NoUnlock(b, isSlow: true)),
        ["deadlk acquire_more"] = (LockViolationKind.Protocol, static b => AcquireMore(b, isSlow: false)),
        ["deadlk acquire_more_slow"] = (LockViolationKind.Protocol, static b => AcquireMore(b, isSlow: true)),
        ["deadlk acquire_more_edeadlk"] = (LockViolationKind.Protocol, static b => AcquireMore(b, isSlow: false, alsoHeld: true)),
        ["deadlk acquire_more_edeadlk_slow"] = (LockViolationKind.Protocol, static b => AcquireMore(b, isSlow: true, alsoHeld: true)),
        ["deadlk acquire_wrong"] = (LockViolationKind.Protocol, static b => AcquireWrong(b, isSlow: false)),
        ["deadlk acquire_wrong_slow"] = (LockViolationKind.Protocol, static b => AcquireWrong(b, isSlow: true)),
        ["spin nest unlocked"] = (LockViolationKind.InvalidNesting, static b =>
            b.Validator.Acquire(b.A, new LockAcquireOptions { NestedIn = b.O.Map })),
        ["spin nest lock"] = (null, static b =>
        {
            LockClass y = LockClass.Create("Y");
            (LockMap y1, LockMap y2) = (new LockMap(y), new LockMap(y));
            b.Validator.Acquire(b.X1);
            b.Validator.Acquire(y1, new LockAcquireOptions { NestedIn = b.X1 });
            b.Validator.Acquire(b.A);
            b.Validator.Acquire(y2, new LockAcquireOptions { NestedIn = b.X1 });
            b.Validator.Release(b.A);
            b.Validator.Release(y2);
            b.Validator.Release(y1);
            b.Validator.Release(b.X1);
        }),
        ["matrix context block"] = (Recursion, static b => Pair(b, Context, Block)),
        ["matrix context try"] = (null, static b => Pair(b, Context, Try)),
        ["matrix context context"] = (null, static b => Pair(b, Context, Context)),
        ["matrix try block"] = (Recursion, static b => Pair(b, Try, Block)),
        ["matrix try try"] = (null, static b => Pair(b, Try, Try)),
        ["matrix try context"] = (Recursion, static b => Pair(b, Try, Context)),
        ["matrix block block"] = (Recursion, static b => Pair(b, Block, Block)),
        ["matrix block try"] = (null, static b => Pair(b, Block, Try)),
        ["matrix block context"] = (Recursion, static b => Pair(b, Block, Context)),
        ["matrix spin block"] = (Circle, static b => Spin(b, Block)),
        ["matrix spin try"] = (null, static b => Spin(b, Try)),
        ["matrix spin context"] = (Circle, static b => Spin(b, Context)),
    };

    // The innocent cases and all the order they teach.
    private static readonly Dictionary<string, string[]> s_edges = new()
    {
        ["api fail_acquire"] = ["context -> object"],
        ["api normal"] = ["context -> object"],
        ["deadlk normal"] = ["context -> object"],
        ["deadlk normal_slow"] = ["context -> object"],
        ["spin nest lock"] = ["X -> Y", "Y -> A"],
        ["matrix context try"] = ["context -> object"],
        ["matrix context context"] = ["context -> object"],
        ["matrix try try"] = [],
        ["matrix block try"] = [],
        ["matrix spin try"] = ["object -> A"],
    };

    private const LockViolationKind Circle = LockViolationKind.CircularDependency;
    private const LockViolationKind Recursion = LockViolationKind.Recursion;

    public static TheoryData<string> Names => new(s_cases.Keys);

    public static int Count => s_cases.Count;

    public static int MustReport => s_cases.Values.Count(static one => one.Report is not null);

    [Theory]
    [MemberData(nameof(Names))]
    public void Wound_wait(string name) => Check(name);

    internal static void CheckAll()
    {
        foreach (string name in s_cases.Keys)
        {
            Check(name);
        }
    }

    private static void Check(string name)
    {
        (LockViolationKind? expected, Action<Bench> run) = s_cases[name];
        var bench = new Bench();
        run(bench);
        if (expected is { } kind)
        {
            Assert.Equal(kind, Assert.Single(bench.Sink.Violations).Kind);
        }
        else
        {
            Assert.Empty(bench.Sink.Violations);
            Assert.Equal(s_edges[name], bench.Validator.GetDependencies().Select(static edge => edge.ToString()));
        }
    }

    private static void BackOff(Bench b, bool isSlow)
    {
        TestWaitDieContext t = b.Begin();
        b.OlderHolderOf(t, b.O2);
        Assert.Equal(TestWaitDieResult.Taken, b.O.Lock(t));
        Assert.Equal(TestWaitDieResult.Deadlock, b.O2.Lock(t));
        b.Free(b.O2);
        b.O.Unlock();
        Assert.Equal(TestWaitDieResult.Taken, b.O2.Lock(t, isSlow));
        b.O2.Unlock();
        t.Finish();
    }

    private static void NoUnlock(Bench b, bool isSlow)
    {
        TestWaitDieContext t = b.Begin();
        b.OlderHolderOf(t, b.O2);
        b.O.Lock(t);
        Assert.Equal(TestWaitDieResult.Deadlock, b.O2.Lock(t));
        b.Free(b.O2);
        b.O2.Lock(t, isSlow);
    }

    private static void AcquireMore(Bench b, bool isSlow, bool alsoHeld = false)
    {
        TestWaitDieContext t = b.Begin();
        b.OlderHolderOf(t, alsoHeld ? [b.O2, b.O3] : [b.O2]);
        b.O.Lock(t);
        Assert.Equal(TestWaitDieResult.Deadlock, b.O2.Lock(t));
        Assert.Equal(alsoHeld ? TestWaitDieResult.Deadlock : TestWaitDieResult.Taken, b.O3.Lock(t, isSlow));
    }

    private static void AcquireWrong(Bench b, bool isSlow)
    {
        TestWaitDieContext t = b.Begin();
        b.OlderHolderOf(t, b.O2);
        b.O.Lock(t);
        Assert.Equal(TestWaitDieResult.Deadlock, b.O2.Lock(t));
        b.O.Unlock();
        b.O3.Lock(t, isSlow);
    }

    private static void Pair(Bench b, Action<Bench, TestWaitDieObject> first, Action<Bench, TestWaitDieObject> second)
    {
        first(b, b.O);
        second(b, b.O2);
    }

    private static void Spin(Bench b, Action<Bench, TestWaitDieObject> take)
    {
        b.TouchSpin();
        take(b, b.O);
        b.TouchSpin();
        b.O.Unlock();
        b.Validator.Acquire(b.A);
        take(b, b.O);
    }

    private static void Block(Bench b, TestWaitDieObject one) => one.LockPlain();

    private static void Try(Bench b, TestWaitDieObject one) => Assert.True(one.TryLock());

    [ThreadStatic]
    private static (Bench Bench, TestWaitDieContext Context) t_current;

    private static void Context(Bench b, TestWaitDieObject one)
    {
        if (!ReferenceEquals(t_current.Bench, b))
        {
            t_current = (b, b.Begin());
        }

        Assert.Equal(TestWaitDieResult.Taken, one.Lock(t_current.Context));
    }
}
