// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>Makes scenarios: up to three threads, four locks, all modes, nesting to three.</summary>
internal static class OracleGenerator
{
    private const int MostAcquisitions = 9;

    public static OracleScenario Generate(Random random)
    {
        int locks = random.Next(2, 5);
        int classes = random.Next(1, locks + 1);
        var classOf = new int[locks];
        var isSemaphore = new bool[locks];
        bool readers = random.Next(3) > 0;
        for (int i = 0; i < locks; i++)
        {
            // Half of the scenarios give each lock a class of its own.
            classOf[i] = random.Next(2) == 0 ? i : random.Next(classes);
            isSemaphore[i] = random.Next(8) == 0;
        }

        int left = MostAcquisitions;
        var threads = new OracleStep[random.Next(1, 4)][];
        for (int i = 0; i < threads.Length; i++)
        {
            var sections = new OracleStep[random.Next(1, 3)];
            int made = 0;
            for (int j = 0; j < sections.Length && left > 0; j++, made++)
            {
                sections[j] = Step(random, isSemaphore, readers, held: [], depth: 1, ref left);
            }

            threads[i] = sections[..made];
        }

        return new OracleScenario(classOf, isSemaphore, threads);
    }

    private static OracleStep Step(Random random, bool[] isSemaphore, bool readers, int[] held, int depth, ref int left)
    {
        left--;
        int number = random.Next(isSemaphore.Length);
        if (held.Contains(number) && random.Next(8) > 0)
        {
            number = random.Next(isSemaphore.Length);
        }

        char mode = isSemaphore[number] || !readers || random.Next(5) < 2 ? 'W' : "rRUW"[random.Next(4)];
        char attempt = random.Next(10) switch
        {
            // What its own thread makes impossible never succeeds, so nothing can happen inside.
            0 or 1 when !held.Contains(number) => 't',
            2 when !held.Contains(number) => 'l',
            _ => 'b',
        };
        var inside = new List<OracleStep>();
        if (depth < 3)
        {
            int[] now = [.. held, number];
            int count = depth == 1 ? random.Next(1, 3) : random.Next(0, 2);
            for (int i = 0; i < count && left > 0; i++)
            {
                inside.Add(Step(random, isSemaphore, readers, now, depth + 1, ref left));
            }
        }

        return new OracleStep(number, mode, attempt, [.. inside]);
    }
}
