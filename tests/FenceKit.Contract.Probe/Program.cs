// SPDX-License-Identifier: MIT
using FenceKit.Contract.Probe;
using FenceKit.Contract.Probe.Hangs;

return args switch
{
    ["use"] => EveryPart.Use(),
    ["hot"] => HotPaths.Run(),
    ["hang", var what] => Hang.Run(what),
    _ => 2,
};
