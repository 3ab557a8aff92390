// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Running;
using FenceKit.Benchmarks.Lockdep;

// "ratios" answers in half a minute; everything else goes to BenchmarkDotNet.
if (args is ["ratios"])
{
    LockRatios.Run();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(LockRatios).Assembly).Run(args);
