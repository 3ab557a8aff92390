// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What happens to readers that come to a <see cref="ReaderGate"/> while their range is being invalidated.</summary>
public enum NewReaders
{
    /// <summary>They park until the session ends. Right whatever the owner does in which order.</summary>
    Park = 0,

    /// <summary>
    /// They go on. Only for owners who <b>take the old memory out of reach before they schedule</b>: readers that come later find what replaced
    /// it. Readers never wait then, and a session still waits for all who may have found the old memory.
    /// </summary>
    Pass = 1,
}
