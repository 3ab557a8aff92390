// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>The word that a reader looks at when it leaves: up while scans look for readers, and until the reader has paid what it owes.</summary>
public class ReaderAlertTests
{
    private readonly ReaderSignals _signals = new();
    private readonly ReaderRoster _roster;

    public ReaderAlertTests() => _roster = new ReaderRoster("readers", _signals, TimeProvider.System);

    [Fact]
    public void It_is_up_for_the_length_of_a_scan_and_down_when_nobody_was_inside()
    {
        ReaderSlot slot = _roster.RentLease("reader");
        Assert.Equal(0, slot.Alert);
        _roster.BeginScan();
        Assert.Equal(1, slot.Alert);
        _roster.BeginScan();
        Assert.Equal(2, slot.Alert);

        Assert.True(_roster.Scan().IsSignaled);
        Assert.True(_roster.Scan().IsSignaled);

        Assert.Equal(0, slot.Alert);
    }

    [Fact]
    public void It_stays_up_for_a_reader_that_was_found_until_it_has_left_and_signaled()
    {
        ReaderSlot slot = _roster.RentLease("reader");
        Assert.True(slot.TryEnterQuickly());
        _roster.BeginScan();
        Fence first = _roster.Scan();
        _roster.BeginScan();
        Fence second = _roster.Scan();
        Assert.False(first.IsSignaled || second.IsSignaled);
        Assert.Equal(1, slot.Alert); // however many wait for it

        slot.Leave();

        Assert.True(first.IsSignaled && second.IsSignaled);
        Assert.Equal(0, slot.Alert);
    }

    [Fact]
    public void A_slot_that_is_made_while_scans_are_under_way_is_alerted_by_all_of_them()
    {
        _roster.BeginScan();
        _roster.BeginScan();
        ReaderSlot slot = _roster.RentLease("late");
        Assert.Equal(2, slot.Alert);

        _roster.Scan();
        _roster.Scan();

        Assert.Equal(0, slot.Alert);
    }

    [Fact]
    public void It_stays_up_at_a_gate_that_is_closed_and_goes_up_for_whoever_comes_later()
    {
        ReaderSlot before = _roster.RentLease("before");
        _roster.Close();

        Assert.Equal(1, before.Alert);
        Assert.Equal(1, _roster.RentLease("after").Alert);
    }
}
