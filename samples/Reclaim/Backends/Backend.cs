// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Backends;

/// <summary>Where memory, the news of its going away, and the device that reads into it come from: the kernel, or a simulation.</summary>
internal abstract class Backend
{
    /// <summary>As the report calls it.</summary>
    public abstract string Name { get; }

    public abstract PageMemory CreateMemory(int buffers, int pagesPerBuffer);

    /// <summary>From now on every discard of <paramref name="memory"/> is held back until it is acknowledged.</summary>
    public abstract IDiscardEvents Watch(PageMemory memory);

    /// <summary>A device that reads blocks of <paramref name="file"/> into pinned buffers of <paramref name="memory"/>.</summary>
    public abstract IReadEngine CreateReadEngine(PageMemory memory, DataFile file, int depth);
}
