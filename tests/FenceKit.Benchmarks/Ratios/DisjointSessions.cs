// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Threads that invalidate at once, each its own pages of one notifier, with one subscriber each.</summary>
internal sealed class DisjointSessions
{
    private const ulong Page = 4096;

    private readonly InvalidationNotifier _notifier = new("ratios");
    private readonly AddressRange[] _ranges;

    internal DisjointSessions(int threads)
    {
        _ranges = [.. Enumerable.Range(1, threads).Select(static thread => AddressRange.FromLength((ulong)thread * 256 * Page, Page))];
        foreach (AddressRange range in _ranges)
        {
            _notifier.Subscribe(range, new DoneAtOnce(), "done at once");
        }
    }

    /// <summary>Two threads that have nothing in common: what the machine makes of that.</summary>
    internal static Action<int> OfTwoNotifiers()
    {
        DisjointSessions mine = new(threads: 1);
        DisjointSessions others = new(threads: 1);
        return count =>
        {
            Thread other = new(() => others.Run(count));
            other.Start();
            mine.Run(count);
            other.Join();
        };
    }

    /// <summary>Every thread does it so many times; the time is that of all together.</summary>
    internal void Run(int count)
    {
        Thread[] others = [.. _ranges.Skip(1).Select(range => new Thread(() => Invalidate(range, count)))];
        Array.ForEach(others, static thread => thread.Start());
        Invalidate(_ranges[0], count);
        Array.ForEach(others, static thread => thread.Join());
    }

    private void Invalidate(AddressRange range, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session);
            session.Wait(Timeout.InfiniteTimeSpan);
            session.Commit();
        }
    }

    /// <summary>A subscriber that has nothing to stop, and counts nothing: neighbors would meet there.</summary>
    private sealed class DoneAtOnce : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            return true;
        }
    }
}
