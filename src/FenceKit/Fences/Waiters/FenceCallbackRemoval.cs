// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The result of <see cref="Fence.TryRemoveCallback"/>.</summary>
public enum FenceCallbackRemoval
{
    /// <summary>The callback was waiting for this fence, and will not be called. It can be reused at once.</summary>
    Removed = 0,

    /// <summary>
    /// The fence has signaled, and the callback is about to run, or is running now (perhaps on this very thread). It cannot be stopped.
    /// </summary>
    Running = 1,

    /// <summary>The callback has run and returned.</summary>
    Finished = 2,

    /// <summary>The callback is not waiting for this fence: it was never added, was removed before, or waits for another fence.</summary>
    NotAdded = 3,
}
