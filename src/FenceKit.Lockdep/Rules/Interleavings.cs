// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Rules;

/// <summary>Describes an order of events that ends in a deadlock.</summary>
internal static class Interleavings
{
    public static LockInterleaving Self(HeldLock held, HeldLock wanted) => new(
        ["thread 1"],
        [
            (0, $"takes {Text(held)}", false),
            (0, $"waits for {Text(wanted)}", true),
        ]);

    /// <summary>A flow waits for a task that wants a lock which the flow holds.</summary>
    public static LockInterleaving Task(HeldLock held, HeldLock wanted, bool blocks) => new(
        ["the holder", "the task"],
        [
            (0, $"takes {Text(held)}", false),
            (1, $"waits for {Text(wanted)}", true),
            (0, blocks ? "blocks until the task ends" : "awaits the task", true),
        ]);

    public static LockInterleaving Pair(HeldLock first, HeldLock second) => new(
        ["thread 1", "thread 2"],
        [
            (0, $"takes {Text(first)}", false),
            (1, $"takes {Text(second)}", false),
            (0, $"waits for {Text(second)}", true),
            (1, $"waits for {Text(first)}", true),
        ]);

    /// <summary>A thread for each dependency: all acquire their first lock, then all wait.</summary>
    public static LockInterleaving Cycle(IReadOnlyList<LockViolationEdge> cycle)
    {
        var steps = new List<(int Thread, string Text, bool Hangs)>();
        for (int i = 0; i < cycle.Count; i++)
        {
            steps.Add((i, $"takes {Text(cycle[i].Held)}", false));
        }

        for (int i = 0; i < cycle.Count; i++)
        {
            bool readersQueue = cycle[i].Wanted.Mode != LockAcquireMode.Exclusive
                && cycle[(i + 1) % cycle.Count].Held.Mode != LockAcquireMode.Exclusive;
            string behind = readersQueue ? ", behind a waiting writer" : "";
            steps.Add((i, $"waits for {Text(cycle[i].Wanted)}{behind}", true));
        }

        return new LockInterleaving(Threads(cycle.Count), steps);
    }

    /// <summary>The threads of a deadlocked set, with all locks that each of them holds.</summary>
    public static LockInterleaving Set(IReadOnlyList<(IReadOnlyList<HeldLock> Held, HeldLock Wanted)> threads)
    {
        var steps = new List<(int Thread, string Text, bool Hangs)>();
        for (int i = 0; i < threads.Count; i++)
        {
            foreach (HeldLock held in threads[i].Held)
            {
                steps.Add((i, $"takes {Text(held)}", false));
            }
        }

        // Writers queue first, because readers wait behind them.
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < threads.Count; i++)
            {
                bool isWriter = threads[i].Wanted.Mode == LockAcquireMode.Exclusive;
                if (isWriter == (pass == 0))
                {
                    steps.Add((i, $"waits for {Text(threads[i].Wanted)}", true));
                }
            }
        }

        return new LockInterleaving(Threads(threads.Count), steps);
    }

    /// <summary>
    /// One thread is interrupted while it holds the unsafe lock; another thread holds the safe lock and waits for the unsafe one.
    /// </summary>
    public static LockInterleaving Inversion(HeldLock safe, HeldLock @unsafe, string context)
    {
        if (safe.ClassName == @unsafe.ClassName)
        {
            return new LockInterleaving(
                ["thread 1"],
                [
                    (0, $"takes {@unsafe.ClassName}", false),
                    (0, $"is interrupted by {context}", false),
                    (0, $"waits for {safe.ClassName}", true),
                ]);
        }

        return new LockInterleaving(
            Threads(2),
            [
                (0, $"takes {@unsafe.ClassName}", false),
                (1, $"takes {safe.ClassName}", false),
                (1, $"waits for {@unsafe.ClassName}", true),
                (0, $"is interrupted by {context}", false),
                (0, $"waits for {safe.ClassName}", true),
            ]);
    }

    private static string Text(HeldLock held) => held.Mode == LockAcquireMode.Exclusive ? held.ClassName : $"{held.ClassName} ({held.ModeText})";

    private static string[] Threads(int count)
    {
        var names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = $"thread {i + 1}";
        }

        return names;
    }
}
