// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The part of a <see cref="FenceTimeline"/> that lies first in memory. Nothing to be used, and nothing else derives from it.</summary>
/// <remarks>
/// The fields of a base class come before those of the class. Behind them, the state stood so far from the start of the object that each look at
/// it was an instruction of seven bytes instead of four, and a loop that polls fences took half as long again.
/// </remarks>
[DebuggerDisplay("{_hot.State}")]
public abstract class FenceTimelineCore
{
    private protected TimelineHotFields _hot;

    private protected FenceTimelineCore()
    {
    }
}
