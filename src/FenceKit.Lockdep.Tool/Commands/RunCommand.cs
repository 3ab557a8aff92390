// SPDX-License-Identifier: MIT
using System.CommandLine;
using FenceKit.Lockdep.Tool.Running;

namespace FenceKit.Lockdep.Tool.Commands;

/// <summary><c>run -- COMMAND...</c> and <c>test -- dotnet test ...</c>: run a program or tests with the validator.</summary>
internal sealed class RunCommand : Command
{
    private readonly Argument<string[]> _command;
    private readonly RunOptions _options = new();
    private readonly Terminal _terminal;
    private readonly TimeProvider _clock;
    private readonly Func<RunSession, string[], int> _run;

    private RunCommand(string name, string description, string command, Terminal terminal, TimeProvider clock, Func<RunSession, string[], int> run)
        : base(name, description)
    {
        _terminal = terminal;
        _clock = clock;
        _run = run;
        _command = new Argument<string[]>("COMMAND") { Description = $"Behind --: {command}", Arity = ArgumentArity.OneOrMore };
        Add(_command);
        _options.AddTo(this);
        SetAction(Run);
    }

    public static RunCommand OfProgram(Terminal terminal, TimeProvider clock) => new(
        "run",
        "Runs a program and reports what could hang. Nothing of the program is changed.",
        "what starts the program, such as dotnet app.dll arguments, dotnet run --no-build, or ./app.",
        terminal,
        clock,
        static (session, command) => session.Run(ProgramTarget.Of(command)));

    public static RunCommand OfTests(Terminal terminal, TimeProvider clock) => new(
        "test",
        "Runs tests, of VSTest and of Microsoft.Testing.Platform, and reports what could hang. Nothing of the projects is changed.",
        "dotnet test with its arguments.",
        terminal,
        clock,
        static (session, command) => session.Test(TestProjects.Of(command)));

    private int Run(ParseResult parsed)
    {
        using var session = new RunSession(_terminal, _clock, _options.SettingsOf(parsed), _options.OutputsOf(parsed));
        return _run(session, parsed.GetValue(_command)!);
    }
}
