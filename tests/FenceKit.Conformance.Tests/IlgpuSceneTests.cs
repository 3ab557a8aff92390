// SPDX-License-Identifier: MIT
using FenceKit.Samples.Ilgpu;

namespace FenceKit.Conformance.Tests;

/// <summary>What samples/Ilgpu shows on its own memory, beside the checks.</summary>
[Trait("Suite", "Conformance")]
public sealed class IlgpuSceneTests
{
    [Fact]
    public async Task Buffers_that_are_evicted_while_kernels_run_are_freed_after_them()
    {
        EvictionResult seen = await EvictionScene.RunAsync(IlgpuAccelerator.Cpu, rounds: 40, asks: true);
        Assert.True(seen.Pending >= 20, $"{seen}"); // every other job stands at a gate
        Assert.True(seen.Uploads >= 40, $"{seen}"); // what is evicted has to be copied again
        Assert.Equal((0L, 0, 0), (seen.InUse, seen.Wrong, seen.Stale));
    }

    [Fact]
    public async Task Without_asking_buffers_would_be_freed_under_kernels()
    {
        EvictionResult seen = await EvictionScene.RunAsync(IlgpuAccelerator.Cpu, rounds: 40, asks: false);
        Assert.True(seen.InUse > 0, $"{seen}");
    }
}
