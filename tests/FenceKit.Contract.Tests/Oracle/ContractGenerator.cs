// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Tests.Oracle;

/// <summary>Makes scenarios: up to three threads, three locks, three fences, two owners with up to two subscribers, nesting to three.</summary>
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

        int left = MostSteps;
        ContractStep[][] threads = new ContractStep[random.Next(1, 4)][];
        for (int i = 0; i < threads.Length; i++)
        {
            List<ContractStep> sections = [];
            for (int j = random.Next(1, 3); j > 0 && left > 0; j--)
            {
                sections.Add(Step(random, locks, fences, owners, depth: 1, ref left));
            }

            threads[i] = [.. sections];
        }

        return new ContractScenario([.. subscribers], threads);
    }

    private static ContractStep[] Callback(Random random, int locks, int fences) => random.Next(8) switch
    {
        0 => [new ContractStep('W', ContractScenario.Fences[random.Next(fences)], [])],
        1 or 2 => [new ContractStep('L', ContractScenario.Locks[random.Next(locks)], [])],
        3 => [new ContractStep('T', ContractScenario.Locks[random.Next(locks)], [])],
        4 => [new ContractStep('L', ContractScenario.Locks[random.Next(locks)], [new ContractStep('L', ContractScenario.Locks[random.Next(locks)], [])])],
        _ => [],
    };

    private static ContractStep Step(Random random, int locks, int fences, int owners, int depth, ref int left)
    {
        left--;
        char kind = random.Next(10) switch
        {
            0 or 1 or 2 => 'L',
            3 => 'T',
            4 or 5 => 'S',
            6 => depth == 1 ? 'S' : 'W',
            7 => 'W',
            8 when owners > 0 => 'I',
            9 when owners > 0 => 'R',
            _ => 'L',
        };
        char target = kind switch
        {
            'L' or 'T' => ContractScenario.Locks[random.Next(locks)],
            'S' or 'W' => ContractScenario.Fences[random.Next(fences)],
            _ => ContractScenario.Owners[random.Next(owners)],
        };
        List<ContractStep> inside = [];
        if (depth < 3 && kind is not ('W' or 'R'))
        {
            for (int i = depth == 1 ? random.Next(1, 3) : random.Next(0, 2); i > 0 && left > 0; i--)
            {
                inside.Add(Step(random, locks, fences, owners, depth + 1, ref left));
            }
        }

        return new ContractStep(kind, target, [.. inside]);
    }
}
