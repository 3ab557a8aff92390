// SPDX-License-Identifier: MIT
using System.CommandLine;
using FenceKit.Lockdep.Tool.Running;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary>The options that select the assemblies to rewrite.</summary>
internal sealed class SelectionOptions
{
    private readonly Option<string[]> _only = new("--only") { Description = "Only assemblies of this name; * and ? stand for anything. May be given several times.", HelpName = "PATTERN" };
    private readonly Option<string[]> _skip = new("--skip") { Description = "No assemblies of this name. May be given several times.", HelpName = "PATTERN" };

    public void AddTo(Command command)
    {
        command.Add(_only);
        command.Add(_skip);
    }

    public AssemblySelection Of(ParseResult parsed) => new(parsed.GetValue(_only) ?? [], parsed.GetValue(_skip) ?? []);
}
