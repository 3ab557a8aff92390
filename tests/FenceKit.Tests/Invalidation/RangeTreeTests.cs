// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>The tree of open and the memory of past invalidations, each against a naive list.</summary>
public sealed class RangeTreeTests
{
    [Theory]
    [InlineData(1, 40, 30)]
    [InlineData(2, 1_000, 300)]
    [InlineData(3, 1_000_000, 300)]
    [InlineData(4, 5, 200)]
    public void The_tree_finds_what_a_naive_list_finds(int seed, int span, int most)
    {
        Random random = new(seed);
        RangeTree<string> tree = new();
        Dictionary<int, (AddressRange Range, ulong Number, string Item)> list = [];
        for (ulong step = 1; step <= 4_000; step++)
        {
            if (list.Count == 0 || (list.Count < most && random.Next(5) < 3))
            {
                AddressRange range = RandomRange(random, span);
                string item = $"{step % 3}";
                list.Add(tree.Add(range, step, item), (range, step, item));
            }
            else
            {
                int node = list.Keys.ElementAt(random.Next(list.Count));
                if (random.Next(4) == 0)
                {
                    tree.Renumber(node, step);
                    list[node] = (list[node].Range, step, list[node].Item);
                }
                else
                {
                    tree.Remove(node);
                    list.Remove(node);
                }
            }

            Assert.Equal(list.Count, tree.Count);
            for (int query = 0; query < 5; query++)
            {
                AddressRange range = RandomRange(random, span);
                ulong after = (ulong)random.NextInt64((long)step + 1);
                Only only = new($"{random.Next(3)}");
                int found = tree.Find(range, after, ref only, int.MaxValue, out bool isSure);
                bool expected = list.Values.Any(entry => entry.Range.Overlaps(range) && entry.Number > after && entry.Item == only.Item);
                Assert.True(isSure);
                Assert.Equal(expected, found != 0);
                if (found != 0)
                {
                    Assert.True(list[found].Range.Overlaps(range) && list[found].Number > after && list[found].Item == only.Item);
                    Assert.Equal(list[found], (tree.RangeOf(found), tree.NumberOf(found), tree.ItemOf(found)!));
                }
            }
        }

        int[] inOrder = [.. list.Keys.OrderBy(node => list[node].Range.Start).ThenBy(node => node)];
        for (int index = 0; index < inOrder.Length; index++)
        {
            Assert.Equal(index == 0 ? 0 : inOrder[index - 1], tree.Before(inOrder[index]));
            Assert.Equal(index == inOrder.Length - 1 ? 0 : inOrder[index + 1], tree.Behind(inOrder[index]));
        }
    }

    [Fact]
    public void A_look_takes_a_number_of_steps_that_grows_with_the_logarithm()
    {
        RangeTree<string> tree = new();
        Anything anything = default;
        for (ulong number = 1; number <= 100_000; number++)
        {
            tree.Add(AddressRange.FromLength(number * 10, 5), number, item: null);
        }

        Assert.Equal(0, tree.Find(AddressRange.FromLength(500_006, 3), 0, ref anything, 40, out bool isSure));
        Assert.True(isSure);
        Assert.NotEqual(0, tree.Find(AddressRange.FromLength(500_000, 3), 0, ref anything, 40, out isSure));
        Assert.True(isSure);
        Assert.Equal(0, tree.Find(AddressRange.FromLength(500_000, 3), 0, ref anything, 5, out isSure));
        Assert.False(isSure); // a look that is cut short says so
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 400)]
    [InlineData(3, 100_000)]
    public void The_memory_is_exact_while_it_has_room(int seed, int span)
    {
        Random random = new(seed);
        RememberedRanges memory = new(capacity: int.MaxValue);
        Naive naive = new();
        for (ulong number = 1; number <= 2_000; number++)
        {
            AddressRange range = RandomRange(random, span);
            memory.Note(range, number);
            naive.Note(range, number);
            for (int query = 0; query < 5; query++)
            {
                AddressRange asked = RandomRange(random, span);
                ulong after = (ulong)random.NextInt64((long)number + 1);
                Assert.Equal(naive.WasTouched(asked, after), memory.WasTouched(asked, after, int.MaxValue, out bool isSure));
                Assert.True(isSure);
            }
        }
    }

    [Theory]
    [InlineData(1, 40, 1)]
    [InlineData(2, 400, 2)]
    [InlineData(3, 100_000, 8)]
    [InlineData(4, 100_000, 64)]
    public void The_memory_never_says_too_little_when_it_has_none(int seed, int span, int capacity)
    {
        Random random = new(seed);
        RememberedRanges memory = new(capacity);
        Naive naive = new();
        for (ulong number = 1; number <= 2_000; number++)
        {
            AddressRange range = RandomRange(random, span);
            memory.Note(range, number);
            naive.Note(range, number);
            Assert.InRange(memory.Count, 1, capacity);
            for (int query = 0; query < 5; query++)
            {
                AddressRange asked = RandomRange(random, span);
                ulong after = (ulong)random.NextInt64((long)number + 1);
                Assert.True(memory.WasTouched(asked, after, int.MaxValue, out _) || !naive.WasTouched(asked, after));
            }

            Assert.False(memory.WasTouched(AddressRange.All, number, int.MaxValue, out _)); // who begins now has missed nothing
        }
    }

    [Fact]
    public void What_happens_on_both_sides_does_not_disturb_what_lies_between_however_much_of_it_there_is()
    {
        Random random = new(5);
        RememberedRanges memory = new(capacity: 256);
        for (ulong number = 1; number <= 20_000; number++)
        {
            bool below = random.Next(2) == 0;
            memory.Note(AddressRange.FromLength((below ? 0UL : 10_000_000UL) + ((ulong)random.Next(100_000) * 10), 5), number);
            Assert.False(number > 256 && memory.WasTouched(new AddressRange(5_000_000, 5_001_000), 256, int.MaxValue, out _));
        }
    }

    private static AddressRange RandomRange(Random random, int span)
    {
        ulong start = (ulong)random.Next(span);
        return AddressRange.FromLength(start, (ulong)random.Next(1, Math.Max(2, span / 8)));
    }

    private readonly struct Only(string item) : IRangeFilter<string>
    {
        public string Item { get; } = item;

        public bool Accepts(ulong number, string? item) => item == Item;
    }

    private readonly struct Anything : IRangeFilter<string>
    {
        public bool Accepts(ulong number, string? item) => true;
    }

    private sealed class Naive
    {
        private readonly List<(AddressRange Range, ulong Number)> _all = [];

        public void Note(AddressRange range, ulong number) => _all.Add((range, number));

        public bool WasTouched(AddressRange range, ulong after) => _all.Any(entry => entry.Number > after && entry.Range.Overlaps(range));
    }
}
