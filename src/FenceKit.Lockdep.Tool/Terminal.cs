// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Lockdep.Tool;

/// <summary>The output of the tool: plain text for files and pipes, colors and rules only for an interactive terminal.</summary>
internal sealed class Terminal
{
    // Wide enough for a class name with its place; a pipe has no width of its own, and wrapped lines are hard to search.
    private const int WidthOfPipe = 1_000;

    private readonly int? _width;
    private readonly bool? _hasColors;

    /// <summary>Creates a terminal from two writers.</summary>
    /// <param name="output">The output that the user asked for.</param>
    /// <param name="error">Everything else.</param>
    /// <param name="isOutputSeen">True when <paramref name="output"/> is interactive.</param>
    /// <param name="isErrorSeen">True when <paramref name="error"/> is interactive.</param>
    /// <param name="width">The width of an interactive terminal, or null for that of the real one.</param>
    /// <param name="hasColors">Whether the terminal has colors, or null to detect it.</param>
    public Terminal(TextWriter output, TextWriter error, bool isOutputSeen, bool isErrorSeen, int? width = null, bool? hasColors = null)
    {
        Output = output;
        Error = error;
        IsOutputSeen = isOutputSeen;
        IsErrorSeen = isErrorSeen;
        _width = width;
        _hasColors = hasColors;
    }

    /// <summary>The plain writer for the output that the user asked for.</summary>
    public TextWriter Output { get; }

    /// <summary>The plain writer for everything else.</summary>
    public TextWriter Error { get; }

    /// <summary>True when <see cref="Output"/> is interactive.</summary>
    public bool IsOutputSeen { get; }

    /// <summary>True when <see cref="Error"/> is interactive.</summary>
    public bool IsErrorSeen { get; }

    /// <summary>Writes to <see cref="Output"/>, with colors if it is interactive.</summary>
    public IAnsiConsole OutputConsole => field ??= MakeConsole(Output, IsOutputSeen);

    /// <summary>Writes to <see cref="Error"/>, with colors if it is interactive.</summary>
    public IAnsiConsole ErrorConsole => field ??= MakeConsole(Error, IsErrorSeen);

#pragma warning disable RS0030 // The one place where the tool meets the console.
    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
#pragma warning restore RS0030

    /// <summary>Runs an action, and prints the message if it throws a <see cref="ToolException"/>.</summary>
    /// <returns>The exit code.</returns>
    public int Guard(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (ToolException refused)
        {
            Error.WriteLine($"fencekit-lockdep: {Printable.Of(refused.Message)}");
            return ExitCodes.WrongUse;
        }
    }

    // Created on first use: a program that is about to start must not wait for it.
    private IAnsiConsole MakeConsole(TextWriter writer, bool isSeen)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = !isSeen || _hasColors == false ? AnsiSupport.No : _hasColors == true ? AnsiSupport.Yes : AnsiSupport.Detect,
            ColorSystem = !isSeen || _hasColors == false ? ColorSystemSupport.NoColors
                : _hasColors == true ? ColorSystemSupport.Standard : ColorSystemSupport.Detect,
            Interactive = isSeen ? InteractionSupport.Detect : InteractionSupport.No,

            // The default enrichers would enable colors again for the pipes of some build services.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        if ((_width ?? (isSeen ? null : WidthOfPipe)) is { } columns)
        {
            console.Profile.Width = columns;
        }

        return console;
    }
}
