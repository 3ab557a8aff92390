// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// How the work behind a fence uses a resource. Asking for one usage means it and all before it: a reader waits for
/// <see cref="Write"/> (and <see cref="Kernel"/>), a writer for <see cref="Read"/>. As dma_resv_usage.
/// </summary>
public enum FenceUsage
{
    /// <summary>Moving or clearing the memory itself: everybody waits for it.</summary>
    Kernel = 0,

    /// <summary>Writing.</summary>
    Write = 1,

    /// <summary>Reading.</summary>
    Read = 2,

    /// <summary>Keeps the resource alive, but nobody's order depends on it.</summary>
    Bookkeep = 3,
}
