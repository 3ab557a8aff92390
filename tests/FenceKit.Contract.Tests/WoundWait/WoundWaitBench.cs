// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.WoundWait;

/// <summary>Three locks and a context on this thread, an older context on another, and a validator that knows only the primed order.</summary>
internal sealed class WoundWaitBench : IDisposable
{
    private readonly WoundWaitContext _older;
    private readonly HashSet<string> _primed;
    private readonly OtherThread _other = new();

    public WoundWaitBench()
    {
        Validator = new LockValidator(new LockValidatorOptions { Sinks = [Sink], CaptureStacks = false });
        FenceAnnotations.Use(Validator);
        _primed = [.. Order()];
        (O, O2, O3) = (new WoundWaitLock(Class), new WoundWaitLock(Class), new WoundWaitLock(Class));
        _older = new WoundWaitContext(Class);
        T = new WoundWaitContext(Class);
    }

    public CollectingSink Sink { get; } = new();

    public LockValidator Validator { get; }

    public WoundWaitClass Class { get; } = new("ww", WoundWaitPolicy.WaitDie);

    public WoundWaitLock O { get; }

    public WoundWaitLock O2 { get; }

    public WoundWaitLock O3 { get; }

    public WoundWaitContext T { get; }

    public LockMap A { get; } = new(LockClass.Create("A"));

    public WoundWaitOutcome Lock(WoundWaitLock one) => one.Lock(T);

    public WoundWaitOutcome LockSlow(WoundWaitLock one) => one.LockSlow(T, Timeout.InfiniteTimeSpan);

    public void OlderTakes(WoundWaitLock one) => OnOther(() => Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(_older)));

    public void OlderUnlocks(WoundWaitLock one) => OnOther(() => one.Unlock(_older));

    public void OnOther(Action action) => _other.Run(action);

    public void TouchSpin()
    {
        Validator.Acquire(A);
        Validator.Release(A);
    }

    /// <summary>What a case does beside the point.</summary>
    public void Quietly(Action action)
    {
        using (Validator.Suppress("beside the point of the case"))
        {
            action();
        }
    }

    public IEnumerable<string> TaughtOrder() => Order().Where(edge => !_primed.Contains(edge));

    public void Dispose() => _other.Dispose();

    private IEnumerable<string> Order() => Validator.GetDependencies().Select(static edge => edge.ToString());
}
