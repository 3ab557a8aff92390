// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary>The command line of the tool, with one command for each function.</summary>
internal sealed class ToolCommand
{
    private readonly Terminal _terminal;
    private readonly RootCommand _root;

    public ToolCommand(Terminal terminal, TimeProvider clock)
    {
        _terminal = terminal;
        _root = new RootCommand("Finds deadlocks in .NET programs that nobody changed, on the first harmless run.")
        {
            RunCommand.OfProgram(terminal, clock),
            RunCommand.OfTests(terminal, clock),
            new RewriteCommand(terminal),
            new ReportCommand(terminal, clock),
            new DiffCommand(terminal),
        };
        foreach (HelpOption help in _root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        }
    }

    /// <summary>Runs the command that the arguments name, and returns the exit code.</summary>
    public int Invoke(string[] arguments)
    {
        ParseResult parsed = _root.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExitCodes) // help is shown on request, however incomplete the rest is
        {
            foreach (ParseError error in parsed.Errors)
            {
                _terminal.Error.WriteLine($"fencekit-lockdep: {Printable.Of(error.Message)}");
            }

            _terminal.Error.WriteLine("fencekit-lockdep --help says what there is.");
            return ExitCodes.WrongUse;
        }

        return _terminal.Guard(() => parsed.Invoke(new InvocationConfiguration { Output = _terminal.Output, Error = _terminal.Error, EnableDefaultExceptionHandler = false }));
    }

    /// <summary>The usual help, followed by the meaning of the exit codes.</summary>
    private sealed class HelpWithExitCodes(HelpAction usual) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int code = usual.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(ExitCodes.Explained);
            return code;
        }
    }
}
