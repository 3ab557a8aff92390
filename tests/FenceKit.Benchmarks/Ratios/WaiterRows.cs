// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Callbacks that come to one timeline in random order of points: what one of them costs must not grow with the others.</summary>
internal static class WaiterRows
{
    private const int Few = 1_000;
    private const int Many = 100_000;

    internal static IEnumerable<RatioRow> All()
    {
        Crowd few = new(Few);
        Crowd many = new(Many);
        return
        [
            new("fence.add.random", many.AddAndRemove, few.AddAndRemove, 4, $"add + remove of a callback at a random point, {Many:N0} waiting", $"the same, {Few:N0} waiting"),
            new("fence.signal.random", many.Signal, few.Signal, 4, $"signal of the lowest point, {Many:N0} waiting, each adds itself again at random", $"the same, {Few:N0} waiting"),
        ];
    }

    private sealed class Crowd
    {
        private readonly FenceTimeline _timeline = new("ratios");
        private readonly Random _random = new(1);
        private readonly int _size;
        private readonly Waiter _one;

        internal Crowd(int size)
        {
            _size = size;
            _one = new Waiter(this);
            _timeline.Issue((ulong)size + 1);
            for (int i = 0; i < size; i++)
            {
                AnyPoint().TryAddCallback(new Waiter(this));
            }
        }

        internal void AddAndRemove(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Fence fence = AnyPoint();
                if (!fence.TryAddCallback(_one) || fence.TryRemoveCallback(_one) != FenceCallbackRemoval.Removed)
                {
                    throw new InvalidOperationException("Nobody signals.");
                }
            }
        }

        internal void Signal(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _timeline.Issue();
                _timeline.Signal(_timeline.Completed + 1);
            }
        }

        private Fence AnyPoint() => _timeline.GetFence(_timeline.Completed + 1 + (ulong)_random.Next(_size));

        private sealed class Waiter(Crowd crowd) : FenceCallback
        {
            protected override void OnSignaled(FenceStatus status, Exception? fault) => crowd.AnyPoint().TryAddCallback(this);
        }
    }
}
