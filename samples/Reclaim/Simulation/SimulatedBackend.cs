// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Simulation;

/// <summary>The same sample where there is no kernel to play with.</summary>
internal sealed class SimulatedBackend : Backend
{
    public override string Name => "simulated";

    public override PageMemory CreateMemory(int buffers, int pagesPerBuffer) => new SimulatedMemory(buffers, pagesPerBuffer);

    public override IDiscardEvents Watch(PageMemory memory) => new SimulatedEvents((SimulatedMemory)memory);

    public override IReadEngine CreateReadEngine(PageMemory memory, DataFile file, int depth) =>
        new SimulatedReadEngine((SimulatedMemory)memory, file, depth);
}
