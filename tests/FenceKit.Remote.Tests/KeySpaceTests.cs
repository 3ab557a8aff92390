// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests;

public class KeySpaceTests
{
    /// <summary>Other processes, and other versions, lay the same names out in the same way: these numbers never change.</summary>
    [Fact]
    public void The_layout_is_part_of_the_protocol()
    {
        Assert.Equal("[0xd736103267cb8256, 0xd736103267cb8257)", KeySpace.RangeOf("even", "key 0").ToString());
        Assert.Equal("[0xd736100000000000, 0xd736110000000000)", KeySpace.RangeOfTag("even").ToString());
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("orders", "42")]
    [InlineData("Größe", "naïve ☃ 𝔘")]
    public void Text_and_its_bytes_are_the_same_key(string tag, string key)
    {
        byte[] tagBytes = System.Text.Encoding.UTF8.GetBytes(tag);
        byte[] keyBytes = System.Text.Encoding.UTF8.GetBytes(key);
        Assert.Equal(KeySpace.RangeOf(tag, key), KeySpace.RangeOf(tagBytes, keyBytes));
        Assert.Equal(KeySpace.RangeOfTag(tag), KeySpace.RangeOfTag(tagBytes));
        Assert.Equal(KeySpace.RangeOf(key), KeySpace.RangeOf(keyBytes));
    }

    [Fact]
    public void A_key_lies_inside_its_tag_and_all_tags_inside_the_space()
    {
        for (int number = 0; number < 10_000; number++)
        {
            string tag = $"tag {number}";
            AddressRange range = KeySpace.RangeOfTag(tag);
            Assert.True(KeySpace.All.Contains(range));
            Assert.True(range.Contains(KeySpace.RangeOf(tag, $"key {number}")));
        }
    }

    [Fact]
    public void Keys_of_one_tag_hardly_ever_collide()
    {
        HashSet<AddressRange> ranges = [.. Enumerable.Range(0, 100_000).Select(number => KeySpace.RangeOf("tag", $"key {number}"))];
        Assert.InRange(ranges.Count, 99_999, 100_000);
    }

    [Fact]
    public void Half_a_character_is_a_key_too() => Assert.Equal(1UL, KeySpace.RangeOf("\ud800").Length);
}
