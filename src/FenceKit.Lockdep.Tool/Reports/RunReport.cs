// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FenceKit.Lockdep.Tool.Reports;

/// <summary>What became of one assembly of a program.</summary>
/// <param name="Name">The file.</param>
/// <param name="IsRewritten">True when its locks were seen.</param>
/// <param name="Reason">Why it was left as it is.</param>
internal sealed record AssemblyOutcome(string Name, bool IsRewritten, string? Reason = null);

/// <summary>What is known of a run beside its locks.</summary>
/// <param name="ExitCode">The program's own exit code.</param>
/// <param name="Suppressed">How many findings were left out.</param>
/// <param name="Assemblies">What was rewritten, and what was not.</param>
/// <param name="IsWhole">False when a process has not said to the end what it had seen.</param>
internal sealed record RunFacts(int ExitCode, int Suppressed, IReadOnlyList<AssemblyOutcome> Assemblies, bool IsWhole = true);

/// <summary>A lock report and, where it comes from a run, what is known of the run: the JSON of the one with the other beside it.</summary>
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

    /// <exception cref="FormatException">The text is no report.</exception>
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

    // Names in a broken assembly may hold half a character, which no file can.
    private static string WholeCharacters(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
