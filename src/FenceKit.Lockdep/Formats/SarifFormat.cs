// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;

namespace FenceKit.Lockdep.Formats;

/// <summary>The report as SARIF 2.1.0: a result for each violation, its steps as a code flow.</summary>
internal static class SarifFormat
{
    // The standard allows a result without a location, but GitHub's code scanning then rejects the whole log.
    private static readonly LockSite s_unknown = new("unknown", 1);

    public static string Write(LockReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteText("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
            json.WriteText("version", "2.1.0");
            json.WriteStartArray("runs");
            json.WriteStartObject();
            WriteTool(json);
            json.WriteStartArray("results");
            foreach (LockViolation violation in report.Violations)
            {
                WriteResult(json, violation);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static string RuleId(LockViolationKind kind) => $"FKL{(int)kind:000}";

    private static void WriteTool(Utf8JsonWriter json)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteText("name", "FenceKit.Lockdep");
        json.WriteStartArray("rules");
        foreach (LockViolationKind kind in Enum.GetValues<LockViolationKind>())
        {
            json.WriteStartObject();
            json.WriteText("id", RuleId(kind));
            json.WriteText("name", kind.ToString());
            WriteMessage(json, "shortDescription", LockViolationFormatter.Title(kind));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, LockViolation violation)
    {
        json.WriteStartObject();
        json.WriteText("ruleId", RuleId(violation.Kind));
        json.WriteNumber("ruleIndex", (int)violation.Kind - 1);
        json.WriteText("level", violation.Confidence switch
        {
            LockConfidence.Certain => "error",
            LockConfidence.Likely => "warning",
            _ => "note",
        });
        WriteMessage(json, "message", violation.Message);
        json.WriteStartArray("locations");
        WriteLocation(json, PlaceOf(violation) ?? s_unknown, null);
        json.WriteEndArray();
        json.WriteStartObject("partialFingerprints");
        json.WriteText("fencekit/v1", violation.Key);
        json.WriteEndObject();
        if (violation.Dependencies.Count > 0)
        {
            WriteFlow(json, violation);
        }
        else
        {
            WriteOwnStacks(json, violation);
        }

        json.WriteEndObject();
    }

    // Writes the stacks of a finding without edges: where the held locks were acquired, and where it was found.
    private static void WriteOwnStacks(Utf8JsonWriter json, LockViolation violation)
    {
        (string Text, IReadOnlyList<string> Frames)[] stacks =
        [
            .. violation.HeldLocks.Select(static held => ($"holds {held.ClassName} {held.Instance}", held.Stack)),
            ("found here", violation.Stack),
        ];
        stacks = Array.FindAll(stacks, static stack => stack.Frames.Count > 0);
        if (stacks.Length == 0)
        {
            return;
        }

        json.WriteStartArray("stacks");
        foreach ((string text, IReadOnlyList<string> frames) in stacks)
        {
            json.WriteStartObject();
            WriteMessage(json, "message", text);
            WriteFrames(json, frames);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The site of the lock that was wanted last; if that is unknown, any other site of the finding.</summary>
    private static LockSite? PlaceOf(LockViolation violation) =>
        violation.Lock?.Site
        ?? violation.Dependencies.SelectMany(static edge => (LockSite?[])[edge.Wanted.Site, edge.Held.Site])
            .Concat(violation.HeldLocks.Select(static held => held.Site))
            .FirstOrDefault(static site => site is not null);

    private static void WriteFlow(Utf8JsonWriter json, LockViolation violation)
    {
        json.WriteStartArray("codeFlows");
        json.WriteStartObject();
        json.WriteStartArray("threadFlows");
        for (int i = 0; i < violation.Dependencies.Count; i++)
        {
            LockViolationEdge edge = violation.Dependencies[i];
            json.WriteStartObject();
            json.WriteText("id", $"step {i + 1}");
            WriteMessage(json, "message", $"{edge}, seen on {edge.Origin ?? edge.Thread}");
            json.WriteStartArray("locations");
            WriteStep(json, edge.Held, "takes");
            WriteStep(json, edge.Wanted, "wants");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteStep(Utf8JsonWriter json, HeldLock held, string verb)
    {
        json.WriteStartObject();
        json.WritePropertyName("location");
        WriteLocation(json, held.Site, $"{verb} {held.ClassName} {held.Instance}");
        if (held.Stack is { Count: > 0 } stack)
        {
            json.WriteStartObject("stack");
            WriteFrames(json, stack);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteFrames(Utf8JsonWriter json, IReadOnlyList<string> frames)
    {
        json.WriteStartArray("frames");
        foreach (string frame in frames)
        {
            json.WriteStartObject();
            json.WriteStartObject("location");
            json.WriteStartArray("logicalLocations");
            json.WriteStartObject();
            json.WriteText("fullyQualifiedName", frame);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLocation(Utf8JsonWriter json, LockSite? site, string? message)
    {
        json.WriteStartObject();
        if (site is not null)
        {
            json.WriteStartObject("physicalLocation");
            json.WriteStartObject("artifactLocation");
            (string uri, string? root) = SourceUri.Of(WellFormed.Of(site.File));
            json.WriteText("uri", uri);
            if (root is not null)
            {
                json.WriteText("uriBaseId", root);
            }

            json.WriteEndObject();
            if (site.Line > 0)
            {
                json.WriteStartObject("region");
                json.WriteNumber("startLine", site.Line);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (message is not null)
        {
            WriteMessage(json, "message", message);
        }

        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteText("text", text);
        json.WriteEndObject();
    }
}
