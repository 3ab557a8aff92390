// SPDX-License-Identifier: MIT
using FenceKit.Contract.Probe;

return args switch
{
    ["use"] => EveryPart.Use(),
    ["hot"] => HotPaths.Run(),
    _ => 2,
};
