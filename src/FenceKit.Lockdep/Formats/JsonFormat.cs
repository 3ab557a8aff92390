// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;

namespace FenceKit.Lockdep.Formats;

/// <summary>The report as JSON. The HTML page reads the same data, with each call stack only once.</summary>
/// <remarks><see cref="JsonReader"/> reads it. The page takes only what it shows.</remarks>
internal sealed class JsonFormat
{
    /// <summary>
    /// The version of the format. It is raised when a reader of the old form would misunderstand the new one; an added property is no
    /// reason.
    /// </summary>
    internal const int Version = 1;

    private readonly LockReport _report;
    private readonly Utf8JsonWriter _json;
    private readonly StackTable? _stacks;

    private JsonFormat(LockReport report, Utf8JsonWriter json, StackTable? stacks)
    {
        _report = report;
        _json = json;
        _stacks = stacks;
    }

    private bool IsForPage => _stacks is not null;

    public static string Write(LockReport report) => Write(report, null);

    /// <summary>
    /// Writes the data of the page. Each stack is the index of an entry in <c>stacks</c>, whose entries are indices into <c>frames</c>,
    /// because a large graph repeats both often.
    /// </summary>
    public static string WriteForPage(LockReport report) => Write(report, new StackTable());

    private static string Write(LockReport report, StackTable? stacks)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = stacks is null }))
        {
            new JsonFormat(report, json, stacks).WriteReport();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private void WriteReport()
    {
        LockReport report = _report;
        Utf8JsonWriter json = _json;
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteStartArray("violations");
        foreach (LockViolation violation in report.Violations)
        {
            WriteViolation(violation);
        }

        json.WriteEndArray();
        json.WriteStartArray("dependencies");
        foreach (LockDependency dependency in report.Dependencies)
        {
            json.WriteStartObject();
            json.WriteText("from", dependency.From);
            json.WriteText("to", dependency.To);
            json.WriteText("kinds", dependency.Kinds.ToString());
            json.WritePropertyName("evidence");
            WriteEdge(dependency.Evidence!);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        _stacks?.Write(json);
        json.WriteEndObject();
    }

    private void WriteViolation(LockViolation violation)
    {
        Utf8JsonWriter json = _json;
        json.WriteStartObject();
        json.WriteText("kind", violation.Kind.ToString());
        json.WriteText("title", LockViolationFormatter.Title(violation.Kind));
        json.WriteText("confidence", violation.Confidence.ToString());
        if (!IsForPage)
        {
            json.WriteText("raisedFrom", violation.RaisedFrom?.ToString());
        }

        json.WriteText("message", violation.Message);
        json.WriteText("assumption", violation.Assumption);
        json.WriteText("key", violation.Key);
        json.WriteText("thread", violation.Thread);
        json.WriteStartArray("classes");
        foreach (string name in violation.ClassNames)
        {
            json.WriteTextValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("dependencies");
        foreach (LockViolationEdge edge in violation.Dependencies)
        {
            WriteEdge(edge);
        }

        json.WriteEndArray();
        WriteLocks("heldLocks", violation.HeldLocks);
        if (!IsForPage)
        {
            json.WritePropertyName("lock");
            if (violation.Lock is { } single)
            {
                WriteLock(single);
            }
            else
            {
                json.WriteNullValue();
            }

            WriteStack(violation.Trace);
        }
        else if (violation.HasOnlyItsOwnStacks)
        {
            WriteStack(violation.Trace);
        }

        json.WriteStartObject("interleaving");
        json.WriteStartArray("threads");
        foreach (string thread in violation.Table.Threads)
        {
            json.WriteTextValue(thread);
        }

        json.WriteEndArray();
        json.WriteStartArray("steps");
        foreach ((int Thread, string Text, bool Hangs) step in violation.Table.Steps)
        {
            json.WriteStartObject();
            json.WriteNumber("thread", step.Thread);
            json.WriteText("text", step.Text);
            json.WriteBoolean("hangs", step.Hangs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteEdge(LockViolationEdge edge)
    {
        Utf8JsonWriter json = _json;
        json.WriteStartObject();
        json.WriteText("thread", edge.Thread);
        json.WriteText("origin", edge.Origin);
        json.WritePropertyName("held");
        WriteLock(edge.Held);
        json.WritePropertyName("wanted");
        WriteLock(edge.Wanted);
        WriteLocks("allHeld", edge.AllHeld);
        json.WriteEndObject();
    }

    private void WriteLocks(string name, IReadOnlyList<HeldLock> locks)
    {
        _json.WriteStartArray(name);
        foreach (HeldLock held in locks)
        {
            WriteLock(held);
        }

        _json.WriteEndArray();
    }

    private void WriteLock(HeldLock held)
    {
        Utf8JsonWriter json = _json;
        json.WriteStartObject();
        json.WriteText("class", held.ClassName);
        json.WriteText("instance", held.Instance);
        json.WriteText("mode", held.ModeText);
        json.WriteText("site", held.Site?.ToString());
        if (_report.NodeOf(held) is var node && node != held.ClassName)
        {
            json.WriteText("node", node);
        }

        if (!IsForPage)
        {
            WriteWhatOnlyReadersNeed(held);
        }

        WriteStack(held.Trace);
        json.WriteEndObject();
    }

    private void WriteWhatOnlyReadersNeed(HeldLock held)
    {
        Utf8JsonWriter json = _json;
        json.WriteNumber("subclass", held.Subclass);
        json.WriteBoolean("declared", held.Class.IsDeclared);
        json.WriteText("file", held.Site?.File);
        json.WriteNumber("line", held.Site?.Line ?? 0);
        json.WriteText("member", held.Site?.Member);
    }

    private void WriteStack(LockTrace? stack)
    {
        if (_stacks is not null)
        {
            _json.WriteNumber("stack", _stacks.NumberOf(stack));
            return;
        }

        _json.WriteStartArray("stack");
        foreach (string frame in stack?.Frames ?? [])
        {
            _json.WriteTextValue(frame);
        }

        _json.WriteEndArray();
    }
}
