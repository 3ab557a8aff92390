// SPDX-License-Identifier: MIT
using System.CommandLine;
using FenceKit.Lockdep.Tool.Running;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary>The options that are common to all commands that run a program.</summary>
internal sealed class RunOptions
{
    private readonly Option<string?> _json = File("--json", "Writes the report as JSON.");
    private readonly Option<string?> _sarif = File("--sarif", "Writes the report as SARIF 2.1.0, for code scanning.");
    private readonly Option<string?> _html = File("--html", "Writes the report as one page.");
    private readonly Option<string?> _order = File("--order", "Writes the order of locks, for diff.");
    private readonly Option<string?> _suppress = File("--suppress", "Leaves out the findings that this file lists.");
    private readonly Option<bool> _framework = new("--framework") { Description = "Looks at the locks of the shared framework too." };
    private readonly Option<bool> _hints = new("--hints") { Description = "Gives hints too: orders of classes that no two locks have shown." };
    private readonly Option<double?> _hang = new("--hang") { Description = "Ends a program some of whose threads have waited for each other that long, and says who.", HelpName = "SECONDS" };
    private readonly Option<LockConfidence> _failOn = new("--fail-on")
    {
        Description = "From which confidence a finding makes the exit code 1: certain, likely or possible.",
        DefaultValueFactory = static _ => LockConfidence.Likely,
    };

    /// <summary>The selection of assemblies, which are the only options of <c>rewrite</c>.</summary>
    public SelectionOptions Selection { get; } = new();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_json, _sarif, _html, _order, _suppress, _failOn, _hints, _hang, _framework])
        {
            command.Add(option);
        }

        Selection.AddTo(command);
        _hang.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double?>() is not (null or (> 0 and <= RunSettings.LongestHang)))
            {
                result.AddError($"--hang takes seconds, from above 0 to {RunSettings.LongestHang}.");
            }
        });
    }

    public RunSettings SettingsOf(ParseResult parsed) => new(
        Selection.Of(parsed), parsed.GetValue(_framework), parsed.GetValue(_hints),
        parsed.GetValue(_hang) is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

    public RunOutputs OutputsOf(ParseResult parsed) => new(
        parsed.GetValue(_json), parsed.GetValue(_sarif), parsed.GetValue(_html), parsed.GetValue(_order), parsed.GetValue(_suppress), parsed.GetValue(_failOn));

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };
}
