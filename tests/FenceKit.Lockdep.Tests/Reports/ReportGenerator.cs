// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Reports;

/// <summary>Reports of every shape and with every kind of text in them, from a seed.</summary>
internal sealed class ReportGenerator(int seed)
{
    // A pair of texts that only differ in whether half a character is written out reads the same, so the alphabet has no backslash beside a 'u'.
    private const string Alphabet = "ab \\\"#->./<&`\u00e4\u2028\ud83d\udd12E";

    private readonly Random _random = new(seed);
    private readonly LockClass[] _classes = new LockClass[6];

    public LockReport Next()
    {
        for (int i = 0; i < _classes.Length; i++)
        {
            string name = i == 0 ? "same" : i == 1 ? "same" : Name();
            _classes[i] = Chance(2) ? LockClass.Create(name) : LockClass.Infer(name);
        }

        var names = new Dictionary<(LockClass Class, int Subclass), string> { [(_classes[1], 0)] = "same (2)", [(_classes[1], 3)] = "same/3 (2)" };
        return new LockReport(Some(5, Violation), Some(6, Dependency), names);
    }

    private LockViolation Violation() => new(One<LockViolationKind>(), One<LockConfidence>(), Text())
    {
        RaisedFrom = Chance(3) ? One<LockConfidence>() : null,
        Assumption = Chance(2) ? Text() : null,
        Key = Text(),
        Thread = Text(),
        Lock = Chance(2) ? Held() : null,
        Trace = Stack(),
        Dependencies = Some(4, Edge),
        HeldLocks = Some(3, Held),
        Table = Interleaving(),
    };

    private LockDependency Dependency() => new(Name(), Name(), (LockDependencyKinds)_random.Next(1, 16), Edge());

    private LockViolationEdge Edge() => new(Held(), Held(), Text(), Chance(2) ? Some(3, Held) : null, Chance(2) ? Text() : null);

    private HeldLock Held() => new(
        _classes[_random.Next(_classes.Length)], Chance(2) ? 0 : _random.Next(LockClass.MaxSubclass + 1), Text(), One<LockAcquireMode>(), One<LockAttempt>(),
        Chance(4) ? null : new LockSite("src/" + Text(), _random.Next(3), Chance(2) ? Text() : null), Stack());

    private LockTrace? Stack() => Chance(3) ? null : new LockTrace(Some(15, Text));

    private LockInterleaving Interleaving()
    {
        string[] threads = Some(4, Text);
        return threads.Length == 0 ? LockInterleaving.None
            : new LockInterleaving(threads, Some(6, () => (_random.Next(threads.Length), Text(), Chance(2))));
    }

    private string Name() => Text() is var text && string.IsNullOrWhiteSpace(text) ? "c" : text;

    private string Text() => new([.. Enumerable.Range(0, _random.Next(7)).Select(_ => Alphabet[_random.Next(Alphabet.Length)])]);

    private T[] Some<T>(int most, Func<T> make) => [.. Enumerable.Range(0, _random.Next(most + 1)).Select(_ => make())];

    private T One<T>()
        where T : struct, Enum
        => Enum.GetValues<T>()[_random.Next(Enum.GetValues<T>().Length)];

    private bool Chance(int ofHowMany) => _random.Next(ofHowMany) == 0;
}
