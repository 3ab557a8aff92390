// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Half-open ranges of 64-bit numbers.</summary>
public class AddressRangeTests
{
    [Fact]
    public void A_range_knows_its_ends_and_its_length()
    {
        AddressRange range = new(10, 20);

        Assert.Equal((10UL, 20UL, 10UL), (range.Start, range.End, range.Length));
        Assert.Equal(range, AddressRange.FromLength(10, 10));
        Assert.Equal("[0xa, 0x14)", range.ToString());
        Assert.Equal("[0xa, 0x14)", DebuggerText.Of(range));
        Assert.False(range.IsEmpty);
        Assert.True(default(AddressRange).IsEmpty);
        Assert.Equal((0UL, ulong.MaxValue), (AddressRange.All.Start, AddressRange.All.End));
    }

    [Theory] // Scenario 21: ranges are half-open, so those that touch do not overlap.
    [InlineData(10, 20, 20, 30, false)]
    [InlineData(10, 20, 0, 10, false)]
    [InlineData(10, 20, 19, 30, true)]
    [InlineData(10, 20, 0, 11, true)]
    [InlineData(10, 20, 12, 15, true)]
    [InlineData(10, 20, 0, ulong.MaxValue, true)]
    [InlineData(0, ulong.MaxValue, ulong.MaxValue - 1, ulong.MaxValue, true)]
    public void Ranges_overlap_when_they_have_a_number_in_common(ulong start, ulong end, ulong otherStart, ulong otherEnd, bool overlap)
    {
        AddressRange range = new(start, end);
        AddressRange other = new(otherStart, otherEnd);

        Assert.Equal(overlap, range.Overlaps(other));
        Assert.Equal(overlap, other.Overlaps(range));
        if (overlap)
        {
            AddressRange common = range.Intersect(other);
            Assert.Equal(common, other.Intersect(range));
            Assert.True(range.Contains(common) && other.Contains(common));
        }
        else
        {
            Assert.Equal("other", Assert.Throws<ArgumentException>(() => range.Intersect(other)).ParamName);
        }
    }

    [Fact]
    public void A_range_contains_its_start_and_not_its_end()
    {
        AddressRange range = new(10, 20);

        Assert.Equal([false, true, true, false], new ulong[] { 9, 10, 19, 20 }.Select(range.Contains));
        Assert.True(range.Contains(range));
        Assert.True(range.Contains(new AddressRange(11, 12)));
        Assert.False(range.Contains(new AddressRange(9, 12)));
        Assert.False(range.Contains(new AddressRange(19, 21)));
    }

    [Theory] // Scenario 21: empty and reversed ranges are rejected.
    [InlineData(10, 10)]
    [InlineData(10, 9)]
    [InlineData(0, 0)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void An_end_that_is_not_behind_the_start_is_refused(ulong start, ulong end) =>
        Assert.Equal("end", Assert.Throws<ArgumentOutOfRangeException>(() => new AddressRange(start, end)).ParamName);

    [Theory]
    [InlineData(10, 0)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(1, ulong.MaxValue)]
    public void A_length_of_zero_or_beyond_64_bits_is_refused(ulong start, ulong length) =>
        Assert.Equal("length", Assert.Throws<ArgumentOutOfRangeException>(() => AddressRange.FromLength(start, length)).ParamName);
}
