// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>The interval tree against a plain list.</summary>
public class IntervalIndexTests
{
    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 1_000)]
    [InlineData(3, 1_000_000)]
    [InlineData(4, long.MaxValue)]
    public void It_finds_what_a_naive_list_finds_in_the_same_order(int seed, long span)
    {
        const int Steps = 5_000;
        const int QueriesPerStep = 5; // 4 runs of 25,000 queries
        Random random = new(seed);
        IntervalIndex<Item>? tree = null;
        List<Item> list = [];
        for (int step = 0; step < Steps; step++)
        {
            if (list.Count == 0 || (list.Count < 300 && random.Next(5) < 3))
            {
                Item item = new(RandomRange(random, span), (ulong)step);
                tree = IntervalIndex<Item>.Insert(tree, item.Range, item.Number, item);
                list.Add(item);
            }
            else
            {
                Item item = list[random.Next(list.Count)];
                tree = IntervalIndex<Item>.Remove(tree, item.Range, item.Number);
                list.Remove(item);
            }

            IntervalIndex<Item>.CheckInvariants(tree);
            for (int query = 0; query < QueriesPerStep; query++)
            {
                AddressRange range = RandomRange(random, span);
                IEnumerable<Item> expected = list.Where(item => item.Range.Overlaps(range)).OrderBy(item => (item.Range.Start, item.Number));
                Assert.Equal(expected, Visit(tree, range));
            }
        }

        foreach (Item item in list)
        {
            tree = IntervalIndex<Item>.Remove(tree, item.Range, item.Number);
            IntervalIndex<Item>.CheckInvariants(tree);
        }

        Assert.Null(tree);
    }

    [Fact]
    public void Items_that_start_alike_are_visited_in_the_order_of_their_insertion()
    {
        IntervalIndex<Item>? tree = null;
        AddressRange[] ranges = [new(10, 20), new(10, 15), new(5, 50), new(10, 99), new(10, 20)];
        Item[] items = [.. ranges.Select((range, number) => new Item(range, (ulong)number))];
        foreach (Item item in items)
        {
            tree = IntervalIndex<Item>.Insert(tree, item.Range, item.Number, item);
        }

        Assert.Equal([2UL, 0, 1, 3, 4], Visit(tree, new AddressRange(12, 13)).Select(item => item.Number));
    }

    [Fact]
    public void A_visitor_that_has_seen_enough_ends_the_walk()
    {
        IntervalIndex<Item>? tree = null;
        for (ulong number = 0; number < 100; number++)
        {
            AddressRange range = AddressRange.FromLength(number, 50);
            tree = IntervalIndex<Item>.Insert(tree, range, number, new Item(range, number));
        }

        Collector collector = new([], limit: 7);
        Assert.False(IntervalIndex<Item>.Visit(tree, AddressRange.All, ref collector));
        Assert.Equal(7, collector.Seen.Count);
    }

    [Fact]
    public void A_reader_of_an_old_root_is_not_disturbed_by_changes()
    {
        IntervalIndex<Item>? tree = null;
        Item[] items = [.. Enumerable.Range(0, 200).Select(i => new Item(AddressRange.FromLength((ulong)i * 3, 5), (ulong)i))];
        foreach (Item item in items)
        {
            tree = IntervalIndex<Item>.Insert(tree, item.Range, item.Number, item);
        }

        IntervalIndex<Item>? old = tree;
        foreach (Item item in items)
        {
            tree = IntervalIndex<Item>.Remove(tree, item.Range, item.Number);
        }

        Assert.Null(tree);
        Assert.Equal(items, Visit(old, AddressRange.All));
    }

    [Fact]
    public void Removing_what_is_not_there_gives_the_same_tree()
    {
        AddressRange range = new(10, 20);
        IntervalIndex<Item> tree = IntervalIndex<Item>.Insert(null, range, 1, new Item(range, 1));

        Assert.Same(tree, IntervalIndex<Item>.Remove(tree, range, 2));
        Assert.Same(tree, IntervalIndex<Item>.Remove(tree, new AddressRange(1, 2), 0));
        Assert.Null(IntervalIndex<Item>.Remove(null, range, 1));
    }

    private static AddressRange RandomRange(Random random, long span)
    {
        ulong start = (ulong)random.NextInt64(span);
        return AddressRange.FromLength(start, (ulong)random.NextInt64(1, Math.Max(2, span / 10)));
    }

    private static List<Item> Visit(IntervalIndex<Item>? tree, AddressRange range)
    {
        Collector collector = new([], int.MaxValue);
        Assert.True(IntervalIndex<Item>.Visit(tree, range, ref collector));
        return collector.Seen;
    }

    private sealed record Item(AddressRange Range, ulong Number);

    private readonly struct Collector(List<Item> seen, int limit) : IIntervalVisitor<Item>
    {
        internal List<Item> Seen => seen;

        public bool Visit(Item item)
        {
            seen.Add(item);
            return seen.Count < limit;
        }
    }
}
