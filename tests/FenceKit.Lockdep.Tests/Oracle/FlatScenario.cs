// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>Takes a lock, exclusively (W) or shared (r), or lets one go (-).</summary>
internal readonly record struct FlatStep(char Action, int Lock)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Action}{Lock}");
}

/// <summary>Sections that release in any order. Written as <c>W0 W1 -0 W2 -1 -2 | W2 ...</c>; each lock is of a class of its own.</summary>
internal sealed record FlatScenario(FlatStep[][] Sections)
{
    public const int MostLocks = 6;

    public static FlatScenario Parse(string text) => new([.. text.Split('|', StringSplitOptions.TrimEntries).Select(static section =>
        section.Split(' ').Select(static step => new FlatStep(step[0], step[1] - '0')).ToArray())]);

    /// <summary>Half of the sections begin with the same lock, for it takes a guard that is let go early to make a circle unreachable.</summary>
    public static FlatScenario Generate(Random random)
    {
        int locks = random.Next(3, MostLocks + 1);
        var sections = new FlatStep[random.Next(2, 4)][];
        for (int i = 0; i < sections.Length; i++)
        {
            var steps = new List<FlatStep>();
            var held = new List<int>();
            int takes = random.Next(2, 7);
            if (random.Next(4) > 0)
            {
                Take(0);
            }

            while (takes > 0 || held.Count > 0)
            {
                int next = random.Next(locks);
                bool mustKeep = held.Count == 1 && takes > 0;
                if (takes > 0 && (mustKeep || held.Count == 0 || (held.Count < 4 && random.Next(2) == 0)) && !held.Contains(next))
                {
                    Take(next);
                }
                else if (held.Count > 0 && !mustKeep)
                {
                    int index = random.Next(2) == 0 ? held.Count - 1 : random.Next(held.Count);
                    steps.Add(new FlatStep('-', held[index]));
                    held.RemoveAt(index);
                }
            }

            sections[i] = [.. steps];

            void Take(int number)
            {
                steps.Add(new FlatStep(random.Next(8) == 0 ? 'r' : 'W', number));
                held.Add(number);
                takes--;
            }
        }

        return new FlatScenario(sections);
    }

    public override string ToString() => string.Join(" | ", Sections.Select(static section => string.Join(' ', section)));
}
