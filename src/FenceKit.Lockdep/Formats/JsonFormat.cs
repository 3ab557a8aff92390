// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;

namespace FenceKit.Lockdep.Formats;

/// <summary>The report as JSON. The HTML page reads the same data.</summary>
internal static class JsonFormat
{
    public static string Write(LockReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", 1);
            json.WriteStartArray("violations");
            foreach (LockViolation violation in report.Violations)
            {
                WriteViolation(json, violation);
            }

            json.WriteEndArray();
            json.WriteStartArray("dependencies");
            foreach (LockDependency dependency in report.Dependencies)
            {
                json.WriteStartObject();
                json.WriteString("from", dependency.From);
                json.WriteString("to", dependency.To);
                json.WriteString("kinds", dependency.Kinds.ToString());
                json.WritePropertyName("evidence");
                WriteEdge(json, dependency.Evidence);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteViolation(Utf8JsonWriter json, LockViolation violation)
    {
        json.WriteStartObject();
        json.WriteString("kind", violation.Kind.ToString());
        json.WriteString("title", LockViolationFormatter.Title(violation.Kind));
        json.WriteString("confidence", violation.Confidence.ToString());
        json.WriteString("message", violation.Message);
        json.WriteString("assumption", violation.Assumption);
        json.WriteString("key", violation.Key);
        json.WriteString("thread", violation.Thread);
        json.WriteStartArray("classes");
        foreach (string name in violation.ClassNames)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("dependencies");
        foreach (LockViolationEdge edge in violation.Dependencies)
        {
            WriteEdge(json, edge);
        }

        json.WriteEndArray();
        WriteLocks(json, "heldLocks", violation.HeldLocks);
        json.WriteStartObject("interleaving");
        json.WriteStartArray("threads");
        foreach (string thread in violation.Interleaving.Threads)
        {
            json.WriteStringValue(thread);
        }

        json.WriteEndArray();
        json.WriteStartArray("steps");
        foreach (LockInterleavingStep step in violation.Interleaving.Steps)
        {
            json.WriteStartObject();
            json.WriteNumber("thread", step.Thread);
            json.WriteString("text", step.Text);
            json.WriteBoolean("hangs", step.Hangs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteEdge(Utf8JsonWriter json, LockViolationEdge edge)
    {
        json.WriteStartObject();
        json.WriteString("thread", edge.Thread);
        json.WriteString("origin", edge.Origin);
        json.WritePropertyName("held");
        WriteLock(json, edge.Held);
        json.WritePropertyName("wanted");
        WriteLock(json, edge.Wanted);
        WriteLocks(json, "allHeld", edge.AllHeld);
        json.WriteEndObject();
    }

    private static void WriteLocks(Utf8JsonWriter json, string name, IReadOnlyList<HeldLock> locks)
    {
        json.WriteStartArray(name);
        foreach (HeldLock held in locks)
        {
            WriteLock(json, held);
        }

        json.WriteEndArray();
    }

    private static void WriteLock(Utf8JsonWriter json, HeldLock held)
    {
        json.WriteStartObject();
        json.WriteString("class", held.ClassName);
        json.WriteString("instance", held.Instance);
        json.WriteString("mode", held.ModeText);
        json.WriteString("site", held.Site?.ToString());
        json.WriteStartArray("stack");
        foreach (string frame in held.Stack?.Frames ?? [])
        {
            json.WriteStringValue(frame);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
