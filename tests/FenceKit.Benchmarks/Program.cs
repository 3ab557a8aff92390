// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Running;
using FenceKit.Benchmarks.Lockdep;
using FenceKit.Benchmarks.Ratios;

// "ratios" measures ours against theirs in one process and one run, "lock-ratios" the validator against the bare lock (set
// FENCEKIT_LOCKDEP=1 to have it on); anything else is BenchmarkDotNet's command line.
switch (args)
{
    case ["ratios", .. string[] rest]:
        return RatioCommand.Run(rest);
    case ["lock-ratios"]:
        LockRatios.Run();
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(RatioCommand).Assembly).Run(args);
        return 0;
}
