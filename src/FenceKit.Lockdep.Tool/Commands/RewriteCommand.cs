// SPDX-License-Identifier: MIT
using System.CommandLine;
using FenceKit.Lockdep.Tool.Rewriting;
using FenceKit.Lockdep.Tool.Running;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary><c>rewrite DIR --output DIR</c>: creates a rewritten copy of a program that runs anywhere.</summary>
internal sealed class RewriteCommand : Command
{
    private readonly Argument<string> _folder = new("DIR") { Description = "The folder of the program." };
    private readonly Option<string> _output = new("--output", "-o") { Description = "Where the copy goes: a folder that is empty or not there.", Required = true, HelpName = "DIR" };
    private readonly SelectionOptions _selection = new();
    private readonly Terminal _terminal;

    public RewriteCommand(Terminal terminal)
        : base("rewrite", "Makes a copy of a program that reports by itself: to standard error, or to the file that FENCEKIT_LOCKDEP_REPORTS names. FENCEKIT_LOCKDEP=0 switches it off.")
    {
        _terminal = terminal;
        Add(_folder);
        Add(_output);
        _selection.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        using var cache = RewriteCache.Open(RuntimeAssembly.Existing);
        string output = parsed.GetValue(_output)!;
        IReadOnlyList<ShadowFile> files = RewriteProgress.Show(
            _terminal, progress => RewrittenCopy.Make(parsed.GetValue(_folder)!, output, cache, _selection.Of(parsed), progress));
        foreach (ShadowFile file in files.Where(static file => file.Result.State == RewriteState.LeftAlone))
        {
            _terminal.Error.WriteLine(Printable.Of($"{Path.GetFileName(file.Path)} is left as it is: {file.Result.Reason}"));
        }

        _terminal.Output.WriteLine(Printable.Of($"{files.Count(static file => file.Result.State == RewriteState.Rewritten)} assemblies are rewritten in {output}."));
        return ExitCodes.Clean;
    }
}
