// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>The real thing.</summary>
internal sealed class LinuxBackend : Backend
{
    public override string Name => "userfaultfd+io_uring";

    public override PageMemory CreateMemory(int buffers, int pagesPerBuffer) => new MappedMemory(buffers, pagesPerBuffer);

    public override IDiscardEvents Watch(PageMemory memory) => new UserfaultfdEvents((MappedMemory)memory);

    public override IReadEngine CreateReadEngine(PageMemory memory, DataFile file, int depth) =>
        new IoUringEngine((MappedMemory)memory, file, depth);
}
