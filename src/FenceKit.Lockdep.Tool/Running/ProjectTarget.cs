// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text.Json;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>Asks the build for the output of projects.</summary>
internal static class ProjectTarget
{
    /// <summary>Returns the program that <c>dotnet run</c> starts. It is built first unless <c>--no-build</c> is given.</summary>
    /// <param name="arguments">The words after <c>run</c>.</param>
    public static ProgramTarget OfRun(IReadOnlyList<string> arguments)
    {
        string project = ".";
        List<string> properties = [];
        bool builds = true;
        int index = 0;
        for (; index < arguments.Count && arguments[index] != "--"; index++)
        {
            switch (arguments[index])
            {
                case "--project":
                    project = ValueAt(arguments, ++index);
                    break;
                case "-c" or "--configuration":
                    properties.Add($"-p:Configuration={ValueAt(arguments, ++index)}");
                    break;
                case "-f" or "--framework":
                    properties.Add($"-p:TargetFramework={ValueAt(arguments, ++index)}");
                    break;
                case "--no-build":
                    builds = false;
                    break;
                case "--no-restore" or "--no-launch-profile":
                    break;
                case var other when other.StartsWith('-'):
                    throw new ToolException($"'dotnet run {other}' is not understood here. Build first, and write: fencekit-lockdep run -- dotnet app.dll arguments");
                default:
                    return Target(project, properties, builds, arguments.Skip(index));
            }
        }

        return Target(project, properties, builds, arguments.Skip(index + 1));
    }

    /// <summary>Returns the assembly that a project builds.</summary>
    /// <exception cref="ToolException">The build fails, or does not return the path.</exception>
    public static string OutputOf(string project, IReadOnlyList<string> properties, bool builds)
    {
        string file = FileOf(project);
        if (builds)
        {
            Build(file, properties);
        }

        return FactsOf(file, properties).OutputOf(file);
    }

    /// <summary>Builds a project or a solution.</summary>
    /// <exception cref="ToolException">The build fails; the message contains its output.</exception>
    public static void Build(string project, IReadOnlyList<string> properties)
        => Dotnet(["build", FileOf(project, alsoSolutions: true), "-nologo", "-v", "quiet", .. properties], isShown: true);

    /// <summary>Returns the projects of a solution, or the given project.</summary>
    public static IReadOnlyList<string> ProjectsOf(string path)
    {
        string file = FileOf(path, alsoSolutions: true);
        if (Path.GetExtension(file) is not (".sln" or ".slnx" or ".slnf"))
        {
            return [file];
        }

        string folder = Path.GetDirectoryName(SolutionOf(Path.GetFullPath(file)))!;
        return [.. Dotnet(["sln", file, "list"], isShown: false).Split('\n').Select(static line => line.Trim())
            .Where(static line => line.EndsWith("proj", StringComparison.Ordinal)).Select(line => Path.Combine(folder, line))];
    }

    // A solution filter lists projects relative to its solution.
    private static string SolutionOf(string file)
    {
        if (Path.GetExtension(file) != ".slnf")
        {
            return file;
        }

        try
        {
            using JsonDocument filter = JsonDocument.Parse(File.ReadAllText(file));
            string solution = filter.RootElement.GetProperty("solution").GetProperty("path").GetString() ?? "";
            return Path.GetFullPath(solution.Replace('\\', '/'), Path.GetDirectoryName(file)!);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or IOException)
        {
            throw new ToolException($"{file} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Returns properties of a project, among them the path of its output, for the framework that it is built for.</summary>
    /// <param name="project">The project.</param>
    /// <param name="properties">The properties that the command gives to the build.</param>
    /// <param name="names">Further properties.</param>
    /// <exception cref="ToolException">The project cannot be read.</exception>
    public static ProjectFacts FactsOf(string project, IReadOnlyList<string> properties, params string[] names)
    {
        string[] asked = [.. names, "TargetPath", "TargetFramework", "TargetFrameworks"];
        var facts = new ProjectFacts(properties, PropertiesOf(project, properties, asked));
        string[] frameworks = facts.Values["TargetFramework"].Length > 0
            ? []
            : facts.Values["TargetFrameworks"].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (frameworks.Length == 0)
        {
            return facts;
        }

        // With the plural, a project alone has no output: each framework is a build of its own. What kind of a project it is can be asked of any.
        string[] ofOne = [.. properties, $"-p:TargetFramework={frameworks[0]}"];
        return new ProjectFacts(ofOne, PropertiesOf(project, ofOne, asked)) { Frameworks = frameworks };
    }

    private static Dictionary<string, string> PropertiesOf(string project, IReadOnlyList<string> properties, string[] names)
    {
        string text = Dotnet(["msbuild", project, "-nologo", $"-getProperty:{string.Join(',', names)}", .. properties], isShown: false);
        using JsonDocument json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("Properties").EnumerateObject().ToDictionary(static one => one.Name, static one => one.Value.GetString() ?? "");
    }

    /// <summary>
    /// Returns the folders that the coverlet package adds to a project just before its tests run; none without the package.
    /// </summary>
    public static IReadOnlyList<string> AdaptersOf(string project, IReadOnlyList<string> properties)
    {
        try
        {
            string text = Dotnet(["msbuild", project, "-nologo", "-t:SetXPlatDataCollectorPath", "-getProperty:VSTestTestAdapterPath", .. properties], isShown: false);
            return text.Trim().Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        catch (ToolException)
        {
            return []; // the project has no such target
        }
    }

    private static ProgramTarget Target(string project, List<string> properties, bool builds, IEnumerable<string> arguments)
        => ProgramTarget.OfFile(OutputOf(project, properties, builds), [], arguments);

    private static string ValueAt(IReadOnlyList<string> arguments, int index)
        => index < arguments.Count ? arguments[index] : throw new ToolException($"'{arguments[^1]}' has no value.");

    private static string FileOf(string project, bool alsoSolutions = false)
    {
        if (File.Exists(project))
        {
            return project;
        }

        if (!Directory.Exists(project))
        {
            throw new ToolException($"There is no project, solution or folder '{project}'.");
        }

        string[] found = [.. Directory.GetFiles(project).Where(file => file.EndsWith("proj", StringComparison.Ordinal) || (alsoSolutions && Path.GetExtension(file) is ".sln" or ".slnx"))];
        return found.Length == 1
            ? found[0]
            : throw new ToolException(found.Length == 0 ? $"There is no project in {project}." : $"There are several projects in {project}: name one.");
    }

    private static string Dotnet(IReadOnlyList<string> arguments, bool isShown)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using Process process = Process.Start(start) ?? throw new ToolException("dotnet could not be started.");
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? text
            : throw new ToolException($"'dotnet {string.Join(' ', arguments)}' failed with exit code {process.ExitCode}.{(isShown ? Environment.NewLine + text.Trim() : "")}");
    }
}
