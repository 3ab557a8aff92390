// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The moment at which a reader began to build a mapping of a range; see <see cref="InvalidationSubscription.BeginRead"/>. A plain value
/// that holds no resource. The counterpart in Linux is the sequence of mmu_interval_read_begin; this one also stores the range.
/// </summary>
[DebuggerDisplay("{Range} since {Number}")]
public readonly struct InvalidationSequence
{
    internal InvalidationSequence(InvalidationSubscription subscription, AddressRange range, ulong number)
    {
        Subscription = subscription;
        Range = range;
        Number = number;
    }

    /// <summary>The range that is being mapped.</summary>
    public AddressRange Range { get; }

    internal InvalidationSubscription? Subscription { get; }

    internal ulong Number { get; }
}
