// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using FenceKit.Benchmarks.Ratios;

namespace FenceKit.Benchmarks.Invalidation;

/// <summary>Devices that take 2 ms to let go: one after the other takes the sum, split phases take the longest.</summary>
[ShortRunJob]
[MemoryDiagnoser]
public class SplitBenchmarks
{
    private SplitDevices? _devices;

    [Params(1, 2, 4, 8, 16)]
    public int Devices { get; set; }

    [GlobalSetup]
    public void Setup() => _devices = new SplitDevices(Devices, TimeSpan.FromMilliseconds(2));

    [Benchmark(Baseline = true)]
    public void Sequential() => _devices!.Sequential(1);

    [Benchmark]
    public void Split() => _devices!.Split(1);
}
