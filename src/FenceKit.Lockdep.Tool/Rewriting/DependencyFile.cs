// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// The file that says what a program consists of: it finds only what is listed there. With the runtime assembly listed its processes find that also where they are
/// started without the tool's startup hook, as by a program that sets hooks of its own for its children.
/// </summary>
internal static class DependencyFile
{
    public const string Extension = ".deps.json";

    /// <summary>Lists the runtime assembly in a copy.</summary>
    /// <param name="path">The original.</param>
    /// <param name="output">The copy; nothing is there unless the result says so.</param>
    /// <exception cref="IOException">One of them cannot be read or written.</exception>
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
            return new RewriteResult(RewriteState.LeftAlone, Reason: exception.Message); // the hook serves the program itself all the same
        }
    }
}
