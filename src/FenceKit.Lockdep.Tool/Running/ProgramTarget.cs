// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A program that the host starts: its assembly and its arguments.</summary>
/// <param name="Assembly">The full path of the assembly.</param>
/// <param name="HostOptions">The words between <c>dotnet</c> and the assembly.</param>
/// <param name="Arguments">The arguments of the program.</param>
/// <param name="NeedsOlderRuntime">
/// True when it was built for a .NET version before 10, which the runtime assembly of the tool does not support: it is started on the
/// newest one.
/// </param>
internal sealed record ProgramTarget(string Assembly, IReadOnlyList<string> HostOptions, IReadOnlyList<string> Arguments, bool NeedsOlderRuntime)
{
    private const int OldestRuntime = 10;

    /// <summary>Determines the program that a command starts.</summary>
    /// <param name="command">The words after <c>--</c>.</param>
    /// <exception cref="ToolException">The command does not start a .NET program, or one that cannot be rewritten.</exception>
    public static ProgramTarget Of(IReadOnlyList<string> command)
    {
        string first = command[0];
        if (!IsDotnet(first))
        {
            return OfFile(first, [], command.Skip(1));
        }

        int index = 1;
        if (command.ElementAtOrDefault(index) == "exec")
        {
            index++;
        }

        if (command.ElementAtOrDefault(index) == "run")
        {
            return ProjectTarget.OfRun([.. command.Skip(index + 1)]);
        }

        List<string> host = [];
        while (index < command.Count && command[index].StartsWith('-'))
        {
            host.Add(command[index++]);
            if (index < command.Count && !command[index].StartsWith('-') && !IsAssembly(command[index]))
            {
                host.Add(command[index++]); // the value of the option
            }
        }

        return index < command.Count && IsAssembly(command[index])
            ? OfFile(command[index], host, command.Skip(index + 1))
            : throw new ToolException($"It is not clear which assembly '{string.Join(' ', command)}' starts. Write: fencekit-lockdep run -- dotnet app.dll arguments");
    }

    /// <summary>Returns the program of an assembly, or of the executable beside it.</summary>
    public static ProgramTarget OfFile(string file, IReadOnlyList<string> hostOptions, IEnumerable<string> arguments)
    {
        string path = System.IO.Path.GetFullPath(file);
        if (!File.Exists(path))
        {
            throw new ToolException($"There is no file {path}.");
        }

        string assembly = IsAssembly(path) ? path : System.IO.Path.ChangeExtension(path, ".dll") is var beside && File.Exists(beside) ? beside : path + ".dll";
        if (!File.Exists(assembly))
        {
            throw new ToolException(
                $"{path} has no assembly beside it: it is a single file, or compiled ahead of time, and there is nothing that could be rewritten. "
                + "Publish it without PublishSingleFile and PublishAot, and run that.");
        }

        return new ProgramTarget(assembly, hostOptions, [.. arguments], IsOlder(assembly));
    }

    private static bool IsDotnet(string file) => System.IO.Path.GetFileNameWithoutExtension(file) == "dotnet";

    private static bool IsAssembly(string file) => file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);

    private static bool IsOlder(string assembly)
    {
        string path = System.IO.Path.ChangeExtension(assembly, ".runtimeconfig.json");
        if (!File.Exists(path))
        {
            throw new ToolException($"{assembly} has no {System.IO.Path.GetFileName(path)} beside it: it is a library, not a program.");
        }

        try
        {
            using JsonDocument config = JsonDocument.Parse(File.ReadAllText(path));
            JsonElement options = config.RootElement.GetProperty("runtimeOptions");
            if (options.TryGetProperty("configProperties", out JsonElement properties)
                && properties.TryGetProperty("System.StartupHookProvider.IsSupported", out JsonElement hooks) && hooks.ValueKind == JsonValueKind.False)
            {
                throw new ToolException($"{assembly} is trimmed, and starts without hooks (System.StartupHookProvider.IsSupported is false). Publish it without PublishTrimmed.");
            }

            if (options.TryGetProperty("includedFrameworks", out _))
            {
                throw new ToolException($"{assembly} brings its own runtime (it is self-contained). Build it with --no-self-contained, and run that.");
            }

            return (options.TryGetProperty("framework", out JsonElement one) && MajorOf(one) < OldestRuntime)
                || (options.TryGetProperty("frameworks", out JsonElement several) && HasOlder(several));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or IOException)
        {
            throw new ToolException($"{path} cannot be read: {exception.Message}");
        }
    }

    private static bool HasOlder(JsonElement frameworks)
    {
        foreach (JsonElement framework in frameworks.EnumerateArray())
        {
            if (MajorOf(framework) < OldestRuntime)
            {
                return true;
            }
        }

        return false;
    }

    private static int MajorOf(JsonElement framework)
    {
        string version = framework.GetProperty("version").GetString() ?? "";
        return int.TryParse(version.AsSpan(0, Math.Max(0, version.IndexOf('.'))), out int major) ? major : OldestRuntime;
    }
}
