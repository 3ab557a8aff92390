// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;
using FenceKit.Lockdep;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace FenceKit.Contract.Tests;

/// <summary>A test with a validator of its own, that knows the primed order and nothing else.</summary>
public abstract class ContractTest
{
    private protected static readonly AddressRange s_range = new(0, 4096);

    private protected static readonly FenceTimelineOptions s_exported = new() { IsExported = true };

    private readonly CollectingSink _sink = new();

    protected ContractTest()
    {
        Validator = new LockValidator(new LockValidatorOptions { Sinks = [_sink] });
        FenceAnnotations.Use(Validator);
    }

    protected LockValidator Validator { get; }

    private protected IReadOnlyList<LockViolation> Reports => _sink.Violations;

    private protected TrackedLock Lock(string name) => new(LockClass.Create(name), name, Validator);

    private protected void Silent() => Assert.Empty(Reports);

    /// <summary>Exactly one report, about these, whatever the order.</summary>
    private protected LockViolation Reported(LockViolationKind kind, params string[] names)
    {
        LockViolation report = Assert.Single(Reports);
        Assert.Equal(kind, report.Kind);
        Assert.All(names, name => Assert.Contains(name, report.ClassNames));
        return report;
    }

    private protected static void TakeAndLeave(TrackedLock held)
    {
        using (held.EnterScope())
        {
        }
    }

    /// <summary>A fence that is complete: waiting for it is harmless, and says as much as waiting for one that is not.</summary>
    private protected static Fence Done(FenceTimeline timeline)
    {
        Fence fence = timeline.Issue();
        timeline.Signal(fence);
        return fence;
    }
}
