// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Support;

/// <summary>A validator of its own with a collecting sink, and locks by letter.</summary>
internal sealed class Bench
{
    private readonly Dictionary<string, LockMap> _maps = [];
    private readonly Dictionary<string, LockClass> _classes = [];

    public Bench(LockConfidence minimum = LockConfidence.Possible, bool captureStacks = false, bool measureAllocation = true)
        => Validator = new LockValidator(new LockValidatorOptions
        {
            Sinks = [Sink],
            MinimumConfidence = minimum,
            CaptureStacks = captureStacks,
            MeasureAllocation = measureAllocation,
        });

    public static (string File, int Line) PlaceOfNest => ("Bench.cs", 1);

    public CollectingSink Sink { get; } = new();

    public LockValidator Validator { get; }

    public IReadOnlyList<LockViolation> Reports => Sink.Violations;

    /// <summary>A lock: A1 and A2 are two locks of class A.</summary>
    public LockMap this[string name]
    {
        get
        {
            if (!_maps.TryGetValue(name, out LockMap? map))
            {
                map = new LockMap(Class(name.TrimEnd('0', '1', '2', '3', '4')), name);
                _maps.Add(name, map);
            }

            return map;
        }
    }

    public LockClass Class(string name, LockClassOptions? options = null)
    {
        if (!_classes.TryGetValue(name, out LockClass? lockClass))
        {
            lockClass = LockClass.Create(name, options);
            _classes.Add(name, lockClass);
        }

        return lockClass;
    }

    /// <summary>Takes locks from left to right and lets them go from right to left.</summary>
    public void Nest(params string[] names)
    {
        foreach (string name in names)
        {
            Validator.Acquire(this[name], PlaceOfNest.File, PlaceOfNest.Line);
        }

        foreach (string name in names.Reverse())
        {
            Validator.Release(this[name]);
        }
    }

    public LockViolation Single(LockViolationKind kind)
    {
        LockViolation report = Assert.Single(Reports);
        Assert.Equal(kind, report.Kind);
        return report;
    }

    public static void OnNewThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
