// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>Groups 2.1 to 2.3: pure order and readers.</summary>
internal static partial class MatrixCases
{
    private const LockViolationKind Circle = LockViolationKind.CircularDependency;
    private const LockViolationKind Recursion = LockViolationKind.Recursion;

    // Name of the column and its mode; both columns of readers of the kernel are here.
    private static readonly (string Name, char Mode)[] s_kinds =
    [
        ("spin", 'W'), ("wlock", 'W'), ("mutex", 'W'), ("wsem", 'W'), ("rsem", 'r'), ("rtmutex", 'W'), ("rlock", 'R'),
    ];

    public static IEnumerable<MatrixCase> Order()
    {
        foreach ((string kind, char mode) in s_kinds)
        {
            yield return Case("AA", ["+X1 +X2 -X2 -X1"], Recursion, "X", []);
            yield return Nested("ABBA", "AB BA", "AB");
            yield return Nested("ABBCCA", "AB BC CA", "ABC");
            yield return Nested("ABCABC", "AB CA BC", "ABC");
            yield return Nested("ABBCCDDA", "AB BC CD DA", "ABCD");
            yield return Nested("ABCDBDDA", "AB CD BD DA", "ABD");
            yield return Nested("ABCDBCDA", "AB CD BC DA", "ABCD");
            yield return new MatrixCase("2.1", $"double unlock {kind}", ["+A -A -A"], mode, LockViolationKind.NotHeld, [], []);
            yield return new MatrixCase("2.1", $"init held {kind}", ["+A =A"], mode, LockViolationKind.ReinitializedWhileHeld, ["A"], []);

            MatrixCase Nested(string name, string pairs, string circle)
            {
                string[] steps = pairs.Split(' ');
                string[] edges = [.. steps.Select(static pair => $"{pair[0]}>{pair[1]}:SR").Order(StringComparer.Ordinal)];
                return Case(name, [.. steps.Select(static pair => $"+{pair[0]} +{pair[1]} -{pair[1]} -{pair[0]}")], Circle, circle, edges);
            }

            MatrixCase Case(string name, string[] events, LockViolationKind report, string names, string[] edges) => mode == 'R'
                ? new MatrixCase("2.1", $"{name} {kind}", events, mode, null, [], edges)
                : new MatrixCase("2.1", $"{name} {kind}", events, mode, report, Letters(names), []);
        }
    }

    public static IEnumerable<MatrixCase> Readers()
    {
        foreach ((string kind, char mode) in ((string, char)[])[("rwlock", 'R'), ("rwsem", 'r')])
        {
            bool passes = mode == 'R';
            yield return Read("recursive read-lock", ["+X1:m +X1:m -X1 -X1"], passes ? null : Recursion, "X");
            yield return Read("recursive read-lock #2", ["+X1:m +X2:m -X2 -X1"], passes ? null : Recursion, "X");
            yield return Read("mixed read-write", ["+X1:m +X2:W -X2 -X1"], Recursion, "X");
            yield return Read("mixed write-read", ["+X1:W +X2:m -X2 -X1"], Recursion, "X");
            yield return Read("read-lock/lock-write ABBA", ["+X:m +Y -Y -X", "+Y +X:W -X -Y"], Circle, "XY");
            yield return Read("read-lock/lock-read ABBA", ["+X:m +Y -Y -X", "+Y +X:m -X -Y"], passes ? null : Circle, "XY", "X>Y:SN", "Y>X:ER");
            yield return Read("write-lock/lock-write ABBA", ["+X:W +Y -Y -X", "+Y +X:W -X -Y"], Circle, "XY");
            if (passes)
            {
                yield return Read("chain cached mixed", ["+X:m +Y -Y -X", "+Y +X:m -X -Y", "+Y +X:W -X -Y"], Circle, "XY");
            }

            MatrixCase Read(string name, string[] events, LockViolationKind? report, string names, params string[] edges) => new(
                "2.2",
                $"{name} {kind}",
                [.. events.Select(line => line.Replace(":m", $":{mode}", StringComparison.Ordinal))],
                'W',
                report,
                Letters(names),
                report is null ? edges : []);
        }
    }

    public static IEnumerable<MatrixCase> ThreeReaders()
    {
        MatrixCase[] cases =
        [
            new("2.3", "W1R2/W2R3/W3R1", Pairs("XW YR", "YW ZR", "ZW XR"), 'W', Circle, Letters("XYZ"), []),
            new("2.3", "W1W2/R2R3/W3R1", Pairs("XW YW", "YR ZR", "ZW XR"), 'W', Circle, Letters("XYZ"), []),
            new("2.3", "W1W2/R2R3/R3W1", Pairs("XW YR", "YR ZR", "ZW XW"), 'W', null, [], ["X>Y:ER", "Y>Z:SR", "Z>X:EN"]),
            new("2.3", "W1R2/R2R3/W3W1", Pairs("XW YW", "YR ZR", "ZR XW"), 'W', null, [], ["X>Y:EN", "Y>Z:SR", "Z>X:SN"]),
        ];
        return cases.SelectMany(static one => one.InEveryOrder());
    }

    private static string[] Pairs(params string[] pairs)
        => [.. pairs.Select(static pair => $"+{pair[0]}:{pair[1]} +{pair[3]}:{pair[4]} -{pair[3]} -{pair[0]}")];

    private static string[] Letters(string names) => [.. names.Select(static letter => letter.ToString())];
}
