// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Rewriting;
using FenceKit.Lockdep.Tool.Summaries;
using FenceKit.Lockdep.Tool.Suppressions;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>One run of the tool: rewrites, runs, reads the findings and prints them.</summary>
internal sealed class RunSession : IDisposable
{
    // VSTest ends the test host a tenth of a second after the last test; the reports are written after that. The value is in milliseconds.
    private const string TestHostEndVariable = "VSTEST_TESTHOST_SHUTDOWN_TIMEOUT";
    private const string TestHostEnd = "20000"; // a test host whose threads never end is still ended
    private readonly Terminal _terminal;
    private readonly TimeProvider _clock;
    private readonly RunSettings _settings;
    private readonly RunOutputs _outputs;
    private readonly SuppressionFile _suppressions;
    private readonly RewriteCache _cache;
    private readonly List<IDisposable> _folders = [];
    private readonly List<ShadowFile> _files = [];
    private readonly List<string> _silent = []; // the assemblies that have reported nothing
    private readonly string _findings;
    private FrameworkFolder? _framework;

    /// <summary>Prepares a run. Invalid options are detected before anything runs.</summary>
    /// <exception cref="ToolException">A given file cannot be used, or the cache cannot.</exception>
    public RunSession(Terminal terminal, TimeProvider clock, RunSettings settings, RunOutputs outputs)
    {
        _terminal = terminal;
        _clock = clock;
        _settings = settings;
        _outputs = outputs;
        _suppressions = outputs.Suppress is { } file ? SuppressionFile.Read(file) : SuppressionFile.None;
        _cache = RewriteCache.Open(RuntimeAssembly.Existing);
        if (ShadowFolder.RemoveAbandoned() is > 0 and int removed)
        {
            terminal.Error.WriteLine($"fencekit-lockdep: {removed} {(removed == 1 ? "folder was" : "folders were")} left by runs that were killed, and {(removed == 1 ? "is" : "are")} removed now.");
        }

        _findings = Directory.CreateTempSubdirectory("fencekit-lockdep-").FullName;
    }

    /// <summary>Runs a program and returns the exit code of the tool.</summary>
    /// <exception cref="ToolException">The program cannot be run, or a report cannot be written.</exception>
    public int Run(ProgramTarget target)
    {
        string assembly = Shadowed(target.Assembly, isBeside: false);
        return End(Start(assembly, [.. target.HostOptions, assembly, .. target.Arguments], target.NeedsOlderRuntime));
    }

    /// <summary>Runs tests, one project after the other, and returns the exit code of the tool.</summary>
    /// <exception cref="ToolException">The tests cannot be run, or a report cannot be written.</exception>
    public int Test(TestProjects projects)
    {
        int code = 0;
        foreach (TestProject project in projects.Build())
        {
            string assembly = Shadowed(project.Assembly, isBeside: true);
            int own = Start(assembly, project.CommandFor(assembly, projects.Line), project.NeedsOlderRuntime, projects.Line.Environment);
            code = code == 0 ? own : code;
        }

        return End(code);
    }

    public void Dispose()
    {
        _folders.ForEach(static folder => folder.Dispose());
        _cache.Dispose();
        try
        {
            Directory.Delete(_findings, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A process that outlives the program still writes there; the folder is for temporary files.
        }
    }

    /// <summary>Returns the path of the assembly in a folder with rewritten assemblies.</summary>
    private string Shadowed(string assembly, bool isBeside)
    {
        if (_settings.TakesFramework && _framework is null)
        {
            _framework = RewriteProgress.Show(_terminal, progress => FrameworkFolder.Make(_cache, _settings.Selection, progress));
            _folders.Add(_framework);
            _files.AddRange(_framework.Files);
        }

        ShadowFolder shadow = RewriteProgress.Show(
            _terminal, progress => ShadowFolder.Make(Path.GetDirectoryName(assembly)!, [assembly], _cache, _settings.Selection, progress, isBeside: isBeside));
        _folders.Add(shadow);
        _files.AddRange(shadow.Files);
        return Path.Combine(shadow.Path, Path.GetFileName(assembly));
    }

    private int Start(string assembly, IReadOnlyList<string> arguments, bool needsOlderRuntime, IReadOnlyDictionary<string, string>? own = null)
    {
        Dictionary<string, string> environment = new(own ?? new Dictionary<string, string>()) { ["FENCEKIT_LOCKDEP_TOOL_PROGRAM"] = Path.GetDirectoryName(assembly)! };
        if (needsOlderRuntime)
        {
            environment["DOTNET_ROLL_FORWARD"] = "LatestMajor";
            _terminal.Error.WriteLine("fencekit-lockdep: the program is for an older .NET; it is run on the newest that is installed.");
        }

        if (arguments[0] is "test" or "vstest" && Environment.GetEnvironmentVariable(TestHostEndVariable) is null)
        {
            environment[TestHostEndVariable] = TestHostEnd;
        }

        if (_framework is not null)
        {
            environment["DOTNET_ROOT"] = _framework.Root;
            environment["DOTNET_MULTILEVEL_LOOKUP"] = "0";
        }

        int heard = Findings.CountHeard(_findings);
        int code = new ProgramRun(_settings, _findings).Run(_framework?.Host ?? "dotnet", arguments, environment);
        if (Findings.CountHeard(_findings) == heard)
        {
            _silent.Add(Path.GetFileName(assembly));
        }

        return code;
    }

    private int End(int program)
    {
        Findings found = Findings.Read(_findings);
        foreach (string problem in found.Problems)
        {
            _terminal.Error.WriteLine(Printable.Of($"fencekit-lockdep: a report of a process is not used: {problem}"));
        }

        bool isWhole = SayWhatIsMissing(found);
        SuppressionOutcome outcome = _suppressions.Apply(found.Report, _clock);
        AssemblyOutcome[] assemblies = [.. _files
            .Where(static file => file.Result.State is RewriteState.Rewritten or RewriteState.LeftAlone)
            .Select(static file => new AssemblyOutcome(Path.GetFileName(file.Path), file.Result.State == RewriteState.Rewritten, file.Result.Reason))
            .Distinct()];
        var report = new RunReport(outcome.Left, new RunFacts(program, outcome.Suppressed, assemblies, isWhole));
        WriteFiles(report);
        new RunSummary(report)
        {
            FailOn = _outputs.FailOn,
            IsWhole = isWhole,
            FullReport = _outputs.Html ?? _outputs.Json,
            Suppressions = _outputs.Suppress is { } path ? (path, outcome) : null,
        }.Write(_terminal);

        // A deadlocked program was ended by the tool, so its exit code means nothing.
        return ExitCodes.OfRun(found.HasHung ? 0 : program, report.Locks, _outputs.FailOn, isWhole);
    }

    // A missing report must not look as if nothing was found.
    private bool SayWhatIsMissing(Findings found)
    {
        foreach (string name in _silent)
        {
            _terminal.Error.WriteLine(Printable.Of(
                $"fencekit-lockdep: nothing came back from {name}: its process was killed before it took a lock, or has not loaded what the tool gave it (DOTNET_STARTUP_HOOKS)."));
        }

        if (found.Unfinished > 0)
        {
            _terminal.Error.WriteLine(
                $"fencekit-lockdep: {(found.Unfinished == 1 ? "1 process that took locks has" : $"{found.Unfinished} processes that took locks have")} not written what was seen to the end: "
                + "killed, ended by Environment.FailFast, or running still. Let it come to its end, or what it does is not known.");
        }

        return _silent.Count == 0 && found.Unfinished == 0 && found.Problems.Count == 0;
    }

    private void WriteFiles(RunReport report)
    {
        var files = new ReportFiles();
        (string? Path, Func<string> Text)[] all =
        [
            (_outputs.Json, () => report.ToJson() + Environment.NewLine),
            (_outputs.Sarif, () => report.Locks.ToSarif() + Environment.NewLine),
            (_outputs.Html, report.Locks.ToHtml),
            (_outputs.Order, () => report.Locks.ToSnapshot().ToString()),
        ];
        List<string> failures = [];
        foreach ((string? path, Func<string> text) in all)
        {
            try
            {
                if (path is not null)
                {
                    files.Write(path, text());
                }
            }
            catch (ToolException exception)
            {
                failures.Add(exception.Message); // the other files are still written
            }
        }

        if (failures.Count > 0)
        {
            throw new ToolException(string.Join(Environment.NewLine, failures));
        }
    }
}
