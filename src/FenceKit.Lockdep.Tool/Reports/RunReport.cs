// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FenceKit.Lockdep.Tool.Reports;

/// <summary>The result for one assembly of a program.</summary>
/// <param name="Name">The file.</param>
/// <param name="IsRewritten">True when its locks were observed.</param>
/// <param name="Reason">Why the assembly was not rewritten.</param>
internal sealed record AssemblyOutcome(string Name, bool IsRewritten, string? Reason = null);

/// <summary>The facts of a run other than its locks.</summary>
/// <param name="ExitCode">The program's own exit code.</param>
/// <param name="Suppressed">The number of suppressed findings.</param>
/// <param name="Assemblies">The assemblies that were rewritten, and those that were not.</param>
/// <param name="IsWhole">False when a process has not written its last report.</param>
internal sealed record RunFacts(int ExitCode, int Suppressed, IReadOnlyList<AssemblyOutcome> Assemblies, bool IsWhole = true);

/// <summary>A lock report and, if it comes from a run, the facts of the run. The JSON contains both.</summary>
/// <param name="Locks">The findings and the graph.</param>
/// <param name="Run">The run, or null for a report that a program wrote itself.</param>
internal sealed record RunReport(LockReport Locks, RunFacts? Run)
{
    private const string Property = "run";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public string ToJson()
    {
        string locks = Locks.ToJson();
        if (Run is null)
        {
            return locks;
        }

        JsonObject json = JsonNode.Parse(locks)!.AsObject();
        json[Property] = new JsonObject
        {
            ["exitCode"] = Run.ExitCode,
            ["suppressed"] = Run.Suppressed,
            ["whole"] = Run.IsWhole,
            ["assemblies"] = new JsonArray([.. Run.Assemblies.Select(static assembly => new JsonObject
            {
                ["name"] = WholeCharacters(assembly.Name),
                ["rewritten"] = assembly.IsRewritten,
                ["reason"] = assembly.Reason is { } reason ? WholeCharacters(reason) : null,
            })]),
        };
        return json.ToJsonString(s_indented);
    }

    /// <exception cref="FormatException">The text is not a report.</exception>
    public static RunReport Parse(string json)
    {
        var locks = LockReport.Parse(json);
        using JsonDocument document = JsonDocument.Parse(json);
        if (!document.RootElement.TryGetProperty(Property, out JsonElement run))
        {
            return new RunReport(locks, null);
        }

        try
        {
            return new RunReport(locks, new RunFacts(
                run.GetProperty("exitCode").GetInt32(),
                run.GetProperty("suppressed").GetInt32(),
                [.. run.GetProperty("assemblies").EnumerateArray().Select(static assembly => new AssemblyOutcome(
                    assembly.GetProperty("name").GetString() ?? throw new FormatException("An assembly has no name."),
                    assembly.GetProperty("rewritten").GetBoolean(),
                    assembly.GetProperty("reason").GetString()))],
                !run.TryGetProperty("whole", out JsonElement whole) || whole.GetBoolean()));
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FormatException($"The report cannot be read: {Property} is not what a run writes.", error);
        }
    }

    // Names in a damaged assembly may contain lone surrogates, which no file can encode.
    private static string WholeCharacters(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
