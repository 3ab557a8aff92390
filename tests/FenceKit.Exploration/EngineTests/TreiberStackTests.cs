namespace FenceKit.Exploration;

/// <summary>Two slots in a free list. An index that comes back between the read of the head and its exchange fools a list without tags.</summary>
public class TreiberStackTests
{
    [Fact]
    public void A_stack_without_tags_falls_for_an_index_that_came_back() =>
        Assert.NotNull(Explorer.Explore(PopAgainstPopPopPush(tagStep: 0)).Failure);

    [Fact]
    public void A_stack_with_tags_does_not()
    {
        ExplorationResult result = Explorer.Explore(PopAgainstPopPopPush(tagStep: 1), new ExplorationOptions { Preemptions = 4 });

        Assert.Null(result.Failure);
        Assert.True(result.IsExhaustive);
    }

    private static Scenario<SlotStack> PopAgainstPopPopPush(int tagStep) =>
        Scenario.Of("pop, pop against pop, pop, push", () => new SlotStack(tagStep))
            .Thread("popper", stack =>
            {
                stack.Own(stack.Pop());
                stack.Own(stack.Pop());
            })
            .Thread("churner", stack =>
            {
                int first = stack.Pop();
                int second = stack.Pop();
                stack.Own(second);
                if (first >= 0)
                {
                    stack.Push(first);
                }
            });

    private sealed class SlotStack(int tagStep)
    {
        private readonly int[] _next = [1, -1];
        private readonly int[] _owners = new int[2];

        /// <summary>Index in the low half, tag in the high half.</summary>
        private long _head;

        public int Pop()
        {
            while (true)
            {
                long head = Volatile.Read(ref _head);
                int index = (int)head;
                if (index < 0)
                {
                    return -1;
                }

                int next = Volatile.Read(ref _next[index]);
                if (Interlocked.CompareExchange(ref _head, Pack(next, head), head) == head)
                {
                    return index;
                }
            }
        }

        public void Push(int index)
        {
            while (true)
            {
                long head = Volatile.Read(ref _head);
                Volatile.Write(ref _next[index], (int)head);
                if (Interlocked.CompareExchange(ref _head, Pack(index, head), head) == head)
                {
                    return;
                }
            }
        }

        public void Own(int index)
        {
            if (index >= 0)
            {
                Assert.Equal(1, Interlocked.Increment(ref _owners[index]));
            }
        }

        private long Pack(int index, long old) => (((old >> 32) + tagStep) << 32) | (uint)index;
    }
}
