// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Running;
using FenceKit.Benchmarks.Ratios;

// "ratios" measures ours against theirs in one process and one run; anything else is BenchmarkDotNet's command line.
if (args is ["ratios", .. string[] rest])
{
    return RatioCommand.Run(rest);
}

BenchmarkSwitcher.FromAssembly(typeof(RatioCommand).Assembly).Run(args);
return 0;
