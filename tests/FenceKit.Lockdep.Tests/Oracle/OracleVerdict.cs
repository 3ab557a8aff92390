// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>What the explorer and the validator say about a scenario: certain, likely, or neither.</summary>
internal static class OracleVerdict
{
    public static LockConfidence? OfExplorer(OracleScenario scenario, bool isDeclared = true)
    {
        OracleStep[] sections = [.. scenario.Sections];
        if (new OracleExplorer(scenario.IsSemaphore, sections).CanHang())
        {
            return LockConfidence.Certain;
        }

        for (int first = 0; first < scenario.Classes.Length; first++)
        {
            for (int second = 0; second < scenario.Classes.Length; second++)
            {
                if (first != second && scenario.Classes[first] == scenario.Classes[second] && Occurs(sections, second)
                    && new OracleExplorer(scenario.IsSemaphore, WithStandIn(scenario, sections, first, second, isDeclared)).CanHang())
                {
                    return LockConfidence.Likely;
                }
            }
        }

        return null;
    }

    public static LockConfidence? OfValidator(OracleScenario scenario, bool isDeclared = true)
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions
        {
            Sinks = [sink],
            CaptureStacks = false,
            MinimumConfidence = LockConfidence.Likely,
        });
        LockClass[] classes = [.. Enumerable.Range(0, 4).Select(i => isDeclared ? LockClass.Create(NameOf(i)) : LockClass.Infer(NameOf(i)))];
        LockMap[] maps =
        [
            .. scenario.Classes.Select((number, i) => new LockMap(
                classes[number], i.ToString(CultureInfo.InvariantCulture), scenario.IsSemaphore[i] ? 2 : 1)),
        ];
        foreach (OracleStep section in scenario.Sections)
        {
            Run(validator, maps, section);
        }

        LockConfidence? most = null;
        foreach (LockViolation violation in sink.Violations)
        {
            most = most is null || violation.Confidence > most ? violation.Confidence : most;
        }

        return most;
    }

    private static string NameOf(int number) => ((char)('A' + number)).ToString();

    private static void Run(LockValidator validator, LockMap[] maps, OracleStep step)
    {
        validator.Acquire(maps[step.Lock], new LockAcquireOptions
        {
            Mode = step.Mode switch
            {
                'r' => LockAcquireMode.Shared,
                'R' => LockAcquireMode.SharedRecursive,
                'U' => LockAcquireMode.Upgradeable,
                _ => LockAcquireMode.Exclusive,
            },
            Attempt = step.Attempt switch
            {
                't' => LockAttempt.Try,
                'l' => LockAttempt.Timed,
                _ => LockAttempt.Blocking,
            },
        });
        foreach (OracleStep inside in step.Inside)
        {
            Run(validator, maps, inside);
        }

        validator.Release(maps[step.Lock]);
    }

    private static bool Occurs(IEnumerable<OracleStep> steps, int number)
        => steps.Any(step => step.Lock == number || Occurs(step.Inside, number));

    // Every path seen with the first also happens with the second, apart from branches in which two locks of the class nest. Where nobody has declared the
    // class, such branches show an order inside it, and say nothing about what other locks of it would do.
    private static IEnumerable<OracleStep> WithStandIn(OracleScenario scenario, OracleStep[] sections, int first, int second, bool isDeclared)
    {
        int lockClass = scenario.Classes[first];
        foreach (OracleStep section in sections)
        {
            yield return isDeclared ? section : WithoutNesting(section, scenario.Classes[section.Lock] == lockClass ? section.Lock : -1);
            if (Occurs([section], first))
            {
                yield return Exchange(section, holdsClass: false);
            }
        }

        OracleStep WithoutNesting(OracleStep step, int held) => step with
        {
            Inside =
            [
                .. step.Inside
                    .Where(inside => held < 0 || inside.Lock == held || scenario.Classes[inside.Lock] != lockClass)
                    .Select(inside => WithoutNesting(inside, scenario.Classes[inside.Lock] == lockClass ? inside.Lock : held)),
            ],
        };

        OracleStep Exchange(OracleStep step, bool holdsClass)
        {
            bool isOfClass = scenario.Classes[step.Lock] == lockClass;
            return step with
            {
                Lock = step.Lock == first ? second : step.Lock,
                Inside =
                [
                    .. step.Inside
                        .Where(inside => !(scenario.Classes[inside.Lock] == lockClass && (holdsClass || isOfClass)))
                        .Select(inside => Exchange(inside, holdsClass || isOfClass)),
                ],
            };
        }
    }
}
