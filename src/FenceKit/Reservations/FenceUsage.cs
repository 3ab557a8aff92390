// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// How the work behind a fence uses a resource. Asking for a usage includes all stronger ones, which have lower values: a reader waits for
/// <see cref="Write"/> (and <see cref="Kernel"/>), a writer for <see cref="Read"/>. Modeled on the kernel's dma_resv_usage.
/// </summary>
public enum FenceUsage
{
    /// <summary>The memory itself is moved or cleared: everyone waits for this.</summary>
    Kernel = 0,

    /// <summary>The resource is written.</summary>
    Write = 1,

    /// <summary>The resource is read.</summary>
    Read = 2,

    /// <summary>The resource is kept alive, but neither readers nor writers wait for this.</summary>
    Bookkeep = 3,
}
