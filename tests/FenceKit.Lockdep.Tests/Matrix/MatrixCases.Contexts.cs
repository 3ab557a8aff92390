// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>Groups 2.4, 2.5 and the newer ones of 2.7 that need contexts.</summary>
internal static partial class MatrixCases
{
    private const LockViolationKind Inversion = LockViolationKind.ContextInversion;

    private static readonly (string Name, char Mode)[] s_contextKinds = [("spin", 'W'), ("wlock", 'W'), ("rlock", 'R')];

    public static IEnumerable<MatrixCase> Contexts()
        => ForContext('H').Concat(ForContext('S')).Concat(ForPair('S', 'H'));

    /// <summary>The 66 cases of one context.</summary>
    public static IEnumerable<MatrixCase> ForContext(char context)
    {
        foreach ((string kind, char mode) in s_contextKinds)
        {
            bool passes = mode == 'R';
            string pair = passes ? "A>B:SR" : "A>B:EN";
            MatrixCase[] cases =
            [
                Case("irqs-on + irq-safe-A", "A", [], "I(+A -A)", "+A -A"),
                Case("safe-A + irqs-on", "A", [], "I(+A -A)", "mI(+A u -A)"),
                Case("safe-A + unsafe-B #1", "A|AB", [pair], "+A +B -B -A", "+B -B", "I(+A -A)"),
                Case("safe-A + unsafe-B #2", "AB", [pair], "mI(+A +B -B -A)", "+B -B", "I(+A -A)"),
                Case("irq lock-inversion", "AB", ["A>B:ER"], "mI(+A:W +B -B -A)", "+B -B", "I(+A:R -A)"),
            ];
            foreach (MatrixCase one in cases.SelectMany(static one => one.InEveryOrder()))
            {
                yield return one;
            }

            MatrixCase Case(string name, string names, string[] edges, params string[] events) => new(
                "2.4", $"{context} {name} {kind}", In(context, events), mode, passes ? null : Inversion, passes ? [] : names.Split('|'), edges);
        }
    }

    /// <summary>The six cases of an inner context and one that masks it.</summary>
    public static IEnumerable<MatrixCase> ForPair(char inner, char outer)
    {
        foreach ((string kind, char mode) in s_contextKinds)
        {
            var one = new MatrixCase(
                "2.4",
                $"{inner}-safe-A => {outer} on {kind}",
                [$"{inner}(+A -A)", $"m{outer}(+A u -A)"],
                mode,
                mode == 'R' ? null : Inversion,
                mode == 'R' ? [] : ["A"],
                []);
            foreach (MatrixCase ordered in one.InEveryOrder())
            {
                yield return ordered;
            }
        }
    }

    public static IEnumerable<MatrixCase> ReadRecursion() => ReadRecursionIn('H').Concat(ReadRecursionIn('S'));

    /// <summary>The 36 cases of one context.</summary>
    public static IEnumerable<MatrixCase> ReadRecursionIn(char context)
    {
        foreach ((string kind, char mode) in ((string, char)[])[("wlock", 'W'), ("rlock", 'R')])
        {
            bool passes = mode == 'R';
            MatrixCase[] cases =
            [
                Case("irq read-recursion", "A", ["A>B:SN"], "mI(+A:W -A)", "+A:R -A", "I(+A +B:W -B -A)"),
                Case("irq read-recursion #2", "BA", ["B>A:ER"], "mI(+B:W +A -A -B)", "+A:R -A", "I(+B:W -B)"),
                Case("irq read-recursion #3", "BA", ["B>A:ER"], "mI(+B:W +A -A -B)", "+A:R -A", "I(+B:R -B)"),
            ];
            foreach (MatrixCase one in cases.SelectMany(static one => one.InEveryOrder()))
            {
                yield return one;
            }

            MatrixCase Case(string name, string names, string[] edges, params string[] events) => new(
                "2.5", $"{context} {name} {kind}", In(context, events), mode, passes ? null : Inversion, passes ? [] : [names], edges);
        }
    }

    /// <summary>Of 2.7: queued readers, locks of one processor, and the path that was once confused.</summary>
    public static IEnumerable<MatrixCase> Newer() =>
    [
        new("2.7", "queued read-lock/lock-read", ["H(+A:q +B -B -A)", "mH(+B +A:q -A -B)"], 'W', Circle, ["A", "B"], []),
        new("2.7", "queued lock-read/read-lock", ["H(+B +A:q -A -B)", "mH(+A:q +B -B -A)"], 'W', null, [], ["A>B:SN", "B>A:ER"]),
        new("2.7", "queued inversion", ["H(+B -B)", "mH(+B +A:q -A -B)", "+A:q -A"], 'W', Inversion, ["BA"], []),
        new("2.7", "local_lock 2", ["+L -L", "H(+S1 -S1)", "mH(+S1 +L -L -S1)"], 'W', null, [], ["S>L:EN"]),
        new("2.7", "local_lock 3A", ["+L +B -B -L", "H(+S1 -S1)", "mH(+S1 +L -L -S1)"], 'W', null, [], ["L>B:EN", "S>L:EN"]),
        new("2.7", "local_lock 3B", ["+L +B -B -L", "H(+S1 -S1)", "mH(+S1 +L -L -S1)", "mH(+S1 +B -B -S1)"], 'W', Inversion, ["SB"], []),
        new("2.7", "hardirq_unsafe_softirq_safe",
            ["+M mH(+C -C) -M", "H(+A -A)", "mH(+A +B -B -A)", "mH(+B +C -C -B)", "S(+D -D)", "mS(+D -D)", "mH(+C +D -D -C)"],
            'W', Inversion, ["ABCD"], []),
    ];

    private static string[] In(char context, string[] events)
        => [.. events.Select(line => line.Replace('I', context))];
}
