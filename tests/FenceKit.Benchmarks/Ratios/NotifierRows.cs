// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Invalidation: schedule, index, and split against sequential.</summary>
internal static class NotifierRows
{
    private static readonly AddressRange s_hit = new(50_000, 50_040);

    private static readonly IInvalidationSubscriber[] s_sixteen = [.. Enumerable.Range(0, 16).Select(_ => new DoneAtOnce())];
    private static readonly Lock s_gate = new();
    private static long s_active;

    internal static IEnumerable<RatioRow> All()
    {
        InvalidationNotifier sixteen = Make(count: 16, _ => AddressRange.All);
        InvalidationNotifier hundred = Make(count: 100, index => AddressRange.FromLength(49_500 + ((ulong)index * 10), 10));
        InvalidationNotifier many = Make(count: 100_000, index => AddressRange.FromLength((ulong)index * 10, 10));
        SplitDevices split = new(devices: 8, TimeSpan.FromMilliseconds(2));
        return
        [
            new("notifier.schedule16", count => Sessions(sixteen, count), CancelSixteen, 0.5, "schedule + commit over 16 subscribers", "CancellationTokenSource, 16 registrations, Cancel")
            {
                Floor = CallSixteen, FloorText = "a lock taken twice, and 16 calls through the interface",
            },
            new("notifier.index", count => Sessions(many, count), count => Sessions(hundred, count), 3, "100,000 subscribers, 4 hit", "100 subscribers, 4 hit"),
            new("notifier.disjoint2", new DisjointSessions(threads: 2).Run, new DisjointSessions(threads: 1).Run, 1.35, "2 threads, disjoint ranges of one notifier: schedule, wait, commit, each", "the same by 1 thread", Threads: 2)
            {
                Floor = DisjointSessions.OfTwoNotifiers(), FloorText = "2 threads, a notifier each",
            },
            new("notifier.split8", split.Split, split.Sequential, 0.2, "8 devices of 2 ms, split", "the same, one after the other", Threads: 8),
        ];
    }

    private static InvalidationNotifier Make(int count, Func<int, AddressRange> range)
    {
        InvalidationNotifier notifier = new("ratios");
        for (int index = 0; index < count; index++)
        {
            notifier.Subscribe(range(index), new DoneAtOnce(), "done at once");
        }

        return notifier;
    }

    private static void Sessions(InvalidationNotifier notifier, int count)
    {
        for (int i = 0; i < count; i++)
        {
            notifier.TrySchedule(s_hit, InvalidationReason.Unmap, out InvalidationSession session);
            session.Commit();
        }
    }

    private static void CallSixteen(int count)
    {
        IInvalidationSubscriber[] subscribers = s_sixteen;
        InvalidationRequest request = default;
        for (int i = 0; i < count; i++)
        {
            lock (s_gate)
            {
                s_active++;
            }

            foreach (IInvalidationSubscriber subscriber in subscribers)
            {
                subscriber.TrySchedule(in request, out _);
            }

            lock (s_gate)
            {
                s_active--;
            }
        }
    }

    private static void CancelSixteen(int count)
    {
        for (int i = 0; i < count; i++)
        {
            using CancellationTokenSource source = new();
            for (int registration = 0; registration < 16; registration++)
            {
                source.Token.UnsafeRegister(static _ => { }, null);
            }

            source.Cancel();
        }
    }

    private sealed class DoneAtOnce : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            return true;
        }
    }
}
