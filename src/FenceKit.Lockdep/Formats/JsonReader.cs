// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace FenceKit.Lockdep.Formats;

/// <summary>Reads what <see cref="JsonFormat"/> writes. Unknown properties are skipped, so that a tool can add its own.</summary>
internal sealed class JsonReader
{
    /// <summary>
    /// The maximum length of a report: far more than that of a large program, and small enough for the memory of a small machine.
    /// </summary>
    private const int LongestReport = 1 << 28;

    /// <summary>The maximum size of an interleaving as text, including blanks.</summary>
    private const long LargestInterleaving = 1 << 26;

    private static readonly Dictionary<string, (LockAcquireMode Mode, LockAttempt Attempt)> s_modes =
        (from mode in Enum.GetValues<LockAcquireMode>()
         from attempt in Enum.GetValues<LockAttempt>()
         select (mode, attempt)).ToDictionary(static way => HeldLock.Describe(way.mode, way.attempt));

    private readonly Dictionary<(string Name, bool IsDeclared, string? Node), LockClass> _classes = [];
    private readonly Dictionary<(LockClass Class, int Subclass), string> _names = [];
    private readonly Dictionary<string, string> _frames = [];

    private JsonReader()
    {
    }

    public static LockReport Read(string json, int longest = LongestReport)
    {
        if (json.Length > longest)
        {
            throw new FormatException($"The report cannot be read: it is longer than {longest} characters.");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException error)
        {
            string place = error.LineNumber is { } line ? $" at line {line + 1}, byte {error.BytePositionInLine + 1}" : "";
            throw new FormatException($"The report cannot be read: it is not JSON{place}.", error);
        }

        using (document)
        {
            return new JsonReader().ReadReport(JsonPlace.Root(document));
        }
    }

    private LockReport ReadReport(JsonPlace report)
    {
        if (report["version"].Number(0, int.MaxValue) is var version and not JsonFormat.Version)
        {
            throw report["version"].Bad($"is {version}; this version of FenceKit reads {JsonFormat.Version}");
        }

        LockViolation[] violations = report["violations"].Array(ReadViolation);
        LockDependency[] dependencies = report["dependencies"].Array(ReadDependency);
        return new LockReport(violations, dependencies, _names);
    }

    private LockDependency ReadDependency(JsonPlace place) =>
        new(ReadName(place["from"]), ReadName(place["to"]), place["kinds"].Kinds(), ReadEdge(place["evidence"]));

    private LockViolation ReadViolation(JsonPlace place) =>
        new(place["kind"].Name<LockViolationKind>(), place["confidence"].Name<LockConfidence>(), place["message"].Text())
        {
            RaisedFrom = place["raisedFrom"] is { IsNull: false } before ? before.Name<LockConfidence>() : null,
            Assumption = place["assumption"].TextOrNull(),
            Key = place["key"].Text(),
            Thread = place["thread"].Text(),
            Lock = place["lock"] is { IsNull: false } single ? ReadLock(single) : null,
            Trace = ReadStack(place["stack"]),
            Dependencies = place["dependencies"].Array(ReadEdge),
            HeldLocks = place["heldLocks"].Array(ReadLock),
            Table = ReadInterleaving(place["interleaving"]),
        };

    private LockViolationEdge ReadEdge(JsonPlace place) =>
        new(ReadLock(place["held"]), ReadLock(place["wanted"]), place["thread"].Text(), place["allHeld"].Array(ReadLock), place["origin"].TextOrNull());

    private static LockInterleaving ReadInterleaving(JsonPlace place)
    {
        string[] threads = place["threads"].Array(static thread => thread.Text());
        (int Thread, string Text, bool Hangs)[] steps = place["steps"].Array(step => (
            Thread: step["thread"].Number(0, threads.Length - 1), Text: step["text"].Text(), Hangs: step["hangs"].Truth()));

        // In the text form every line is as wide as all columns together, so a small file could require more memory than there is.
        long width = threads.Sum(static thread => (long)thread.Length + 3) + steps.Sum(static step => (long)step.Text.Length);
        return width * (steps.Length + 2) <= LargestInterleaving ? new LockInterleaving(threads, steps)
            : throw place.Bad($"is a table of more than {LargestInterleaving} characters");
    }

    private HeldLock ReadLock(JsonPlace place)
    {
        int subclass = place["subclass"].Number(0, LockClass.MaxSubclass);
        string name = ReadName(place["class"]);
        string ending = subclass == 0 ? "" : $"/{subclass}";
        if (name.Length <= ending.Length || !name.EndsWith(ending, StringComparison.Ordinal))
        {
            throw place["class"].Bad($"does not end with its subclass, {ending}");
        }

        string? node = place.Find("node") is { } other ? ReadName(other) : null;
        string mode = place["mode"].Text();
        (LockAcquireMode Mode, LockAttempt Attempt) way = s_modes.TryGetValue(mode, out var known) ? known
            : throw place["mode"].Bad($"is none of \"{string.Join("\", \"", s_modes.Keys)}\"");
        LockClass lockClass = ClassOf(name[..^ending.Length], place["declared"].Truth(), node);
        if (node is not null)
        {
            _names[(lockClass, subclass)] = node;
        }

        return new HeldLock(lockClass, subclass, place["instance"].Text(), way.Mode, way.Attempt, ReadSite(place), ReadStack(place["stack"]));
    }

    private LockClass ClassOf(string name, bool isDeclared, string? node)
    {
        if (!_classes.TryGetValue((name, isDeclared, node), out LockClass? lockClass))
        {
            lockClass = isDeclared ? LockClass.Primed(name) : LockClass.Derived(name, isDeclared: false);
            _classes.Add((name, isDeclared, node), lockClass);
        }

        return lockClass;
    }

    private static LockSite? ReadSite(JsonPlace place) => place["file"].TextOrNull() is { } file
        ? new LockSite(file, place["line"].Number(0, int.MaxValue), place["member"].TextOrNull())
        : null;

    private LockTrace? ReadStack(JsonPlace place)
    {
        string[] frames = place.Array(ReadFrame);
        return frames.Length == 0 ? null : new LockTrace(frames);
    }

    // The same few frames occur in thousands of stacks.
    private string ReadFrame(JsonPlace place)
    {
        string frame = place.Text();
        return _frames.TryGetValue(frame, out string? known) ? known : _frames[frame] = frame;
    }

    private static string ReadName(JsonPlace place)
    {
        string name = place.Text();
        return string.IsNullOrWhiteSpace(name) ? throw place.Bad("is an empty name")
            : name.Length > LongestName ? throw place.Bad($"is a name of more than {LongestName} characters")
            : name.Any(char.IsControl) ? throw place.Bad("is a name with a control character")
            : name;
    }

    // A lone surrogate is escaped as six characters; snapshots add a suffix.
    private const int LongestName = (6 * LockClass.MaxNameLength) + 64;
}
