// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using FenceKit.Benchmarks.Ratios;
using FenceKit.Lockdep;

namespace FenceKit.Benchmarks.Lockdep;

/// <summary>The switch is read once in a process, so on and off are different jobs.</summary>
public class SwitchOn : ManualConfig
{
    public SwitchOn() => AddJob(Job.ShortRun.WithEnvironmentVariable(LockValidator.VariableName, "1"));
}

public class SwitchOff : ManualConfig
{
    public SwitchOff() => AddJob(Job.ShortRun.WithEnvironmentVariable(LockValidator.VariableName, "0"));
}

/// <summary>Enter and exit, nested to a depth, beside the bare lock in the same run.</summary>
[MemoryDiagnoser]
public abstract class LockBenchmarks
{
    private Lock[] _bare = [];
    private TrackedLock[] _tracked = [];

    [Params(1, 2, 8)]
    public int Depth { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _bare = new Lock[Depth];
        _tracked = new TrackedLock[Depth];
        for (int i = 0; i < Depth; i++)
        {
            _bare[i] = new Lock();
            _tracked[i] = new TrackedLock(LockClass.Create($"c{i}"));
        }
    }

    [Benchmark(Baseline = true)]
    public void Bare()
    {
        foreach (Lock one in _bare)
        {
            one.Enter();
        }

        for (int i = _bare.Length - 1; i >= 0; i--)
        {
            _bare[i].Exit();
        }
    }

    [Benchmark]
    public void Tracked()
    {
        foreach (TrackedLock one in _tracked)
        {
            one.Enter();
        }

        for (int i = _tracked.Length - 1; i >= 0; i--)
        {
            _tracked[i].Exit();
        }
    }
}

[Config(typeof(SwitchOn))]
public class LockOn : LockBenchmarks;

[Config(typeof(SwitchOff))]
public class LockOff : LockBenchmarks;

/// <summary>Two nested locks while the validator knows few or many classes.</summary>
[Config(typeof(SwitchOn))]
[MemoryDiagnoser]
public class KnownClasses
{
    private Action<int>? _bare;
    private Action<int>? _tracked;

    [Params(10, 10_000)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _bare = LockdepRows.NestedBare(2);
        _tracked = LockdepRows.Known(Classes);
    }

    [Benchmark(Baseline = true)]
    public void Bare() => _bare!(1);

    [Benchmark]
    public void Tracked() => _tracked!(1);
}
