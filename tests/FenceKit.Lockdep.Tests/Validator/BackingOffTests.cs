// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Validator;

/// <summary>Locks under a protocol in which somebody gives way: a circle of them alone never hangs, one that leads outside does.</summary>
public sealed class BackingOffTests
{
    private readonly Bench _bench = new();
    private readonly LockClass _contexts = LockClass.Create("context", new LockClassOptions { BreaksDeadlocks = true });

    private LockValidator Validator => _bench.Validator;

    [Fact]
    public void Two_orders_under_the_protocol_are_no_finding()
    {
        InContext("X1", "X2");
        InContext("X2", "X1");
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void The_same_two_orders_nested_in_two_ordinary_locks_are_certain_to_hang()
    {
        Nested(new LockMap(LockClass.Create("outer")), "X1", "X2");
        Nested(new LockMap(LockClass.Create("outer")), "X2", "X1");
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_circle_that_leads_through_a_lock_outside_the_protocol_hangs()
    {
        InContext("X1", "A");
        Validator.Acquire(_bench["A"]);
        InContext("X1");
        Validator.Release(_bench["A"]);
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void Two_classes_under_the_protocol_do_not_give_way_to_each_other()
    {
        TwoContexts("X1", "Y1");
        TwoContexts("Y1", "X1");
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void Whoever_took_the_lock_outside_the_protocol_does_not_give_it_back()
    {
        InContext("X2", "X1");
        Validator.Acquire(_bench["X1"], new LockAcquireOptions { Attempt = LockAttempt.Try });
        InContext("X2");
        Validator.Release(_bench["X1"]);
        LockViolation report = _bench.Single(LockViolationKind.Recursion); // nothing serializes the two, and the very locks are known
        Assert.Equal(LockConfidence.Certain, report.Confidence);
    }

    private void InContext(params string[] names)
    {
        var context = new LockMap(_contexts);
        Validator.Acquire(context, new LockAcquireOptions { Attempt = LockAttempt.Try });
        foreach (string name in names)
        {
            Validator.Acquire(_bench[name], new LockAcquireOptions { NestedIn = name == "A" ? null : context });
        }

        foreach (string name in names.Reverse())
        {
            Validator.Release(_bench[name]);
        }

        Validator.Release(context);
    }

    private void Nested(LockMap outer, params string[] names)
    {
        Validator.Acquire(outer);
        Array.ForEach(names, name => Validator.Acquire(_bench[name], new LockAcquireOptions { NestedIn = outer }));
        Array.ForEach([.. names.Reverse()], name => Validator.Release(_bench[name]));
        Validator.Release(outer);
    }

    private void TwoContexts(string first, string second)
    {
        var context = new LockMap(_contexts);
        Validator.Acquire(context, new LockAcquireOptions { Attempt = LockAttempt.Try });
        Validator.Acquire(_bench[first], new LockAcquireOptions { NestedIn = context });
        var other = new LockMap(LockClass.Create("other context", new LockClassOptions { BreaksDeadlocks = true }));
        Validator.Acquire(other, new LockAcquireOptions { Attempt = LockAttempt.Try });
        Validator.Acquire(_bench[second], new LockAcquireOptions { NestedIn = other });
        Validator.Release(_bench[second]);
        Validator.Release(other);
        Validator.Release(_bench[first]);
        Validator.Release(context);
    }
}
