// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What happens to readers that enter a <see cref="ReaderGate"/> while their range is being invalidated.</summary>
public enum NewReaders
{
    /// <summary>They park until the session ends. Correct in whatever order the owner does its work.</summary>
    Park = 0,

    /// <summary>
    /// They enter without waiting. Only for owners that <b>make the old memory unreachable before they schedule</b>: readers that enter
    /// later find its replacement. Readers then never wait, and a session still waits for all readers that may have found the old memory.
    /// </summary>
    Pass = 1,
}
