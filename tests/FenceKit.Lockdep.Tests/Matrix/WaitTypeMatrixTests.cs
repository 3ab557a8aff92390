// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>The rest of group 2.7: wait types, reclaim, and the name of a class whose subclass changes.</summary>
[Trait("Suite", "KernelMatrix")]
public sealed class WaitTypeMatrixTests
{
    private const LockWaitType Free = LockWaitType.Free;
    private const LockWaitType Spin = LockWaitType.Spin;
    private const LockWaitType Adaptive = LockWaitType.Adaptive;
    private const LockWaitType Blocking = LockWaitType.Blocking;

    private static readonly string[] s_outer =
        ["hardirq", "hardirq not threaded", "softirq", "RCU", "RCU-bh", "RCU-sched", "raw spin", "spin", "mutex"];

    private static readonly string[] s_inner = ["RCU", "raw spin", "spin", "mutex"];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (string outer in s_outer)
            {
                foreach (string inner in s_inner)
                {
                    pairs.Add(outer, inner);
                }
            }

            return pairs;
        }
    }

    public static bool MustReport(string outer, string inner) => outer switch
    {
        "mutex" => false,
        "hardirq not threaded" or "RCU-sched" or "raw spin" => inner is "spin" or "mutex",
        _ => inner == "mutex",
    };

    public static int Reports => s_outer.Sum(static outer => s_inner.Count(inner => MustReport(outer, inner)));

    public static int Count => s_outer.Length * s_inner.Length;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Wait_types(string outer, string inner) => CheckWaitType(outer, inner);

    [Fact]
    public void Reclaim_that_must_not_reclaim_is_ok() => CheckReclaim(static (_, _) => { }, null);

    [Fact]
    public void Reclaim_that_may_reclaim_is_reported()
        => CheckReclaim(static (validator, reclaim) => validator.NeedExclusive(reclaim), LockViolationKind.Recursion);

    [Fact]
    public void Reclaim_in_a_masked_scope_is_ok() => CheckReclaim(Protected, null);

    [Fact]
    public void Changing_the_subclass_keeps_the_name() => CheckName();

    internal static void CheckAll()
    {
        foreach (string outer in s_outer)
        {
            foreach (string inner in s_inner)
            {
                CheckWaitType(outer, inner);
            }
        }

        CheckReclaim(static (_, _) => { }, null);
        CheckReclaim(static (validator, reclaim) => validator.NeedExclusive(reclaim), LockViolationKind.Recursion);
        CheckReclaim(Protected, null);
        CheckName();
    }

    private static void CheckWaitType(string outer, string inner)
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink], CaptureStacks = false });
        LockWaitType? limit = outer switch
        {
            "hardirq" or "softirq" => Adaptive,
            "hardirq not threaded" => Spin,
            _ => null,
        };
        if (limit is { } allowed)
        {
            using (validator.EnterContext(validator.DefineContext(outer, waitLimit: allowed)))
            {
                validator.Acquire(Guard(inner, "inner"));
                validator.Release(t_inner!);
            }
        }
        else
        {
            LockMap held = Guard(outer, "outer");
            validator.Acquire(held);
            validator.Acquire(Guard(inner, "inner"));
            validator.Release(t_inner!);
            validator.Release(held);
        }

        if (MustReport(outer, inner))
        {
            LockViolation report = Assert.Single(sink.Violations);
            Assert.Equal(LockViolationKind.InvalidWaitContext, report.Kind);
            Assert.Equal(["inner"], report.ClassNames);
        }
        else
        {
            Assert.Empty(sink.Violations);
            Assert.Equal(limit is null ? ["outer -> inner"] : [], validator.GetDependencies().Select(static edge => edge.ToString()));
        }
    }

    [ThreadStatic]
    private static LockMap? t_inner;

    private static LockMap Guard(string kind, string name)
    {
        (LockWaitType outer, LockWaitType inner) = kind switch
        {
            "RCU" or "RCU-bh" => (Free, Adaptive),
            "RCU-sched" => (Free, Spin),
            "raw spin" => (Spin, Spin),
            "spin" => (Adaptive, Adaptive),
            _ => (Blocking, Blocking),
        };
        return t_inner = new LockMap(LockClass.Create(name, new LockClassOptions { WaitTypeInner = inner, WaitTypeOuter = outer }));
    }

    private static void CheckReclaim(Action<LockValidator, ExclusiveContext> allocate, LockViolationKind? expected)
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink] });
        var reclaim = new ExclusiveContext("reclaim");
        using (validator.EnterExclusive(reclaim))
        {
            allocate(validator, reclaim);
        }

        if (expected is { } kind)
        {
            LockViolation report = Assert.Single(sink.Violations);
            Assert.Equal(kind, report.Kind);
            Assert.Equal(["reclaim"], report.ClassNames);
        }
        else
        {
            Assert.Empty(sink.Violations);
            Assert.Empty(validator.GetDependencies());
        }
    }

    private static void Protected(LockValidator validator, ExclusiveContext reclaim)
    {
        using (validator.MaskExclusive(reclaim))
        {
            validator.NeedExclusive(reclaim);
        }
    }

    private static void CheckName()
    {
        var validator = new LockValidator();
        LockClass lockClass = LockClass.Create("X");
        var map = new LockMap(lockClass);
        validator.ChangeClass(map, lockClass, 1);
        Assert.Equal("X", map.Class.Name);
        Assert.Equal(1, map.Subclass);
    }
}
