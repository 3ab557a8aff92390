// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Invalidation;

/// <summary>A notifier with a gate over 0 to 1000, and a few words to talk about them.</summary>
public abstract class GateTest
{
    private protected static readonly AddressRange s_left = new(0, 100);
    private protected static readonly AddressRange s_right = new(100, 200);
    private protected readonly InvalidationNotifier _notifier = new("memory");
    private protected readonly ReaderGate _gate;

    protected GateTest() => _gate = new ReaderGate(_notifier, new AddressRange(0, 1000), "readers");

    private protected InvalidationSession Schedule(AddressRange range, InvalidationReason reason = InvalidationReason.Unmap)
    {
        Assert.True(_notifier.TrySchedule(range, reason, out InvalidationSession session));
        return session;
    }

    /// <summary>The calling thread would wait for itself, and is told. The validator would report it too, which is not what is tested here.</summary>
    private protected static InvalidOperationException Told(Action wait)
    {
        using (ContractReports.AskedFor("a wait for oneself ends in an exception"))
        {
            return Assert.Throws<InvalidOperationException>(wait);
        }
    }

    /// <summary>From inside: a slot that a gate keeps is memory, and shows nowhere else.</summary>
    private protected static int SlotCount(ReaderGate gate) => RosterOf(gate).SlotCount;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_roster")]
    private static extern ref ReaderRoster RosterOf(ReaderGate gate);
}
