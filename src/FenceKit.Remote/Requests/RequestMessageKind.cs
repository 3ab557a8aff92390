// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>What a <see cref="RequestMessage"/> says. The numbers are part of the protocol.</summary>
internal enum RequestMessageKind : byte
{
    None = 0,

    /// <summary>Please invalidate a range. Repeated until it is answered.</summary>
    Request = 1,

    /// <summary>No node serves what it had before the request.</summary>
    Completed = 16,

    /// <summary>The budget is over, and it is not known.</summary>
    Pending = 17,

    /// <summary>Somebody failed to let go.</summary>
    Faulted = 18,

    /// <summary>It is being done.</summary>
    Working = 19,
}
