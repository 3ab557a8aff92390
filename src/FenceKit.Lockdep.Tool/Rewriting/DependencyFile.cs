// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// The dependency file of a program (deps.json): the program finds only the assemblies that it lists. When the runtime assembly is listed,
/// child processes find it even without the tool's startup hook, for example when the program sets hooks of its own for them.
/// </summary>
internal static class DependencyFile
{
    public const string Extension = ".deps.json";

    /// <summary>Adds the runtime assembly to a copy of the file.</summary>
    /// <param name="path">The original.</param>
    /// <param name="output">The copy; it exists afterwards only if the result says so.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static RewriteResult Rewrite(string path, string output)
    {
        const string Library = CallTable.RuntimeName + "/1.0.0";
        try
        {
            JsonNode root = JsonNode.Parse(File.ReadAllText(path))!;
            string target = root["runtimeTarget"]!["name"]!.GetValue<string>();
            root["targets"]![target]![Library] = new JsonObject { ["runtime"] = new JsonObject { [CallTable.RuntimeName + ".dll"] = new JsonObject() } };
            root["libraries"]![Library] = new JsonObject { ["type"] = "reference", ["serviceable"] = false, ["sha512"] = "" };
            File.WriteAllText(output, root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            return new RewriteResult(RewriteState.Rewritten);
        }
        catch (Exception exception) when (exception is JsonException or NullReferenceException or InvalidOperationException)
        {
            return new RewriteResult(RewriteState.LeftAlone, Reason: exception.Message); // the startup hook still works for the program itself
        }
    }
}
