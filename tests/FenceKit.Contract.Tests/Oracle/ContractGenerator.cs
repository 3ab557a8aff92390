// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Tests.Oracle;

/// <summary>
/// Makes scenarios: up to three threads, three locks, three fences, two owners with up to two subscribers, nesting to three. Half
/// of the locks, fences and owners share the class of the first.
/// </summary>
internal static class ContractGenerator
{
    private const int MostSteps = 8;

    internal static ContractScenario Generate(Random random)
    {
        int locks = random.Next(1, 4);
        int fences = random.Next(1, 4);
        int owners = random.Next(0, 3);
        List<ContractSubscriber> subscribers = [];
        for (int owner = 0; owner < owners; owner++)
        {
            for (int i = random.Next(0, 3); i > 0; i--)
            {
                subscribers.Add(new ContractSubscriber(
                    ContractScenario.Owners[owner], Callback(random, locks, fences), ContractScenario.Fences[random.Next(fences)]));
            }
        }

        int left = random.Next(3, MostSteps + 1);
        ContractStep[][] threads = new ContractStep[random.Next(1, 4)][];
        for (int i = 0; i < threads.Length; i++)
        {
            List<ContractStep> sections = [];
            for (int j = random.Next(1, 3); j > 0 && left > 0; j--)
            {
                sections.Add(Step(random, locks, fences, owners, held: "", ref left));
            }

            threads[i] = [.. sections];
        }

        return new ContractScenario([.. Twins(random, locks, fences, owners)], [.. subscribers], threads);
    }

    private static IEnumerable<string> Twins(Random random, int locks, int fences, int owners)
    {
        foreach ((string names, int count) in new[] { (ContractScenario.Locks, locks), (ContractScenario.Fences, fences), (ContractScenario.Owners, owners) })
        {
            for (int i = 1; i < count; i++)
            {
                if (random.Next(2) == 0)
                {
                    yield return $"{names[i]}={names[0]}";
                }
            }
        }
    }

    private static ContractStep[] Callback(Random random, int locks, int fences) => random.Next(8) switch
    {
        0 => [new ContractStep('W', ContractScenario.Fences[random.Next(fences)], [])],
        1 or 2 => [new ContractStep('L', ContractScenario.Locks[random.Next(locks)], [])],
        3 => [new ContractStep('T', ContractScenario.Locks[random.Next(locks)], [])],
        4 => [new ContractStep('L', ContractScenario.Locks[random.Next(locks)], [new ContractStep('L', ContractScenario.Locks[random.Next(locks)], [])])],
        _ => [],
    };

    private static ContractStep Step(Random random, int locks, int fences, int owners, string held, ref int left)
    {
        left--;
        char kind = random.Next(10) switch
        {
            0 or 1 or 2 => 'L',
            3 => 'T',
            4 or 5 => 'S',
            6 => held.Length == 0 ? 'S' : 'W',
            7 => 'W',
            8 when owners > 0 => 'I',
            9 when owners > 0 => 'R',
            _ => 'L',
        };
        (string names, int count) = kind switch
        {
            'L' or 'T' => (ContractScenario.Locks, locks),
            'S' or 'W' => (ContractScenario.Fences, fences),
            _ => (ContractScenario.Owners, owners),
        };
        char target = names[random.Next(count)];
        if (held.Contains(target, StringComparison.Ordinal) && random.Next(8) > 0)
        {
            target = names[random.Next(count)]; // what waits for itself hides all else
        }

        if (kind == 'I' && held.Contains(target, StringComparison.Ordinal))
        {
            // Inside one's own invalidation another one throws at once, before the validator has heard what it would wait for.
            (kind, target) = ('L', ContractScenario.Locks[random.Next(locks)]);
        }

        List<ContractStep> inside = [];
        if (held.Length < 2 && kind is not ('W' or 'R'))
        {
            for (int i = held.Length == 0 ? random.Next(1, 3) : random.Next(0, 2); i > 0 && left > 0; i--)
            {
                inside.Add(Step(random, locks, fences, owners, held + target, ref left));
            }
        }

        return new ContractStep(kind, target, [.. inside]);
    }
}
