// SPDX-License-Identifier: MIT
return FenceKit.Benchmarks.CommandLine.Run(args);
