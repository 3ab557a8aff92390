// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>The kind of a <see cref="RequestMessage"/>. The numbers are part of the protocol.</summary>
internal enum RequestMessageKind : byte
{
    None = 0,

    /// <summary>A request to invalidate a range. Repeated until it is answered.</summary>
    Request = 1,

    /// <summary>No node serves its contents from before the request.</summary>
    Completed = 16,

    /// <summary>The budget is over, and the result is not known.</summary>
    Pending = 17,

    /// <summary>A subscriber failed to let go.</summary>
    Faulted = 18,

    /// <summary>The invalidation is in progress.</summary>
    Working = 19,
}
