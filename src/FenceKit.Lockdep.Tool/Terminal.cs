// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Lockdep.Tool;

/// <summary>Where the tool writes: plain text for files and pipes, colors and rules only where a person looks.</summary>
internal sealed class Terminal
{
    // Wide enough for a class name and its place; a pipe has no width of its own, and a wrapped line is hard to search.
    private const int WidthOfPipe = 1_000;

    private readonly int? _width;
    private readonly bool? _hasColors;

    /// <summary>Makes a terminal of two writers.</summary>
    /// <param name="output">What the user asked for.</param>
    /// <param name="error">What else there is to say.</param>
    /// <param name="isOutputSeen">True when a person looks at <paramref name="output"/>.</param>
    /// <param name="isErrorSeen">True when a person looks at <paramref name="error"/>.</param>
    /// <param name="width">The width where a person looks, or null for that of the real terminal.</param>
    /// <param name="hasColors">Whether a terminal has colors, or null to find out.</param>
    public Terminal(TextWriter output, TextWriter error, bool isOutputSeen, bool isErrorSeen, int? width = null, bool? hasColors = null)
    {
        Output = output;
        Error = error;
        IsOutputSeen = isOutputSeen;
        IsErrorSeen = isErrorSeen;
        _width = width;
        _hasColors = hasColors;
    }

    /// <summary>The plain writer of what the user asked for.</summary>
    public TextWriter Output { get; }

    /// <summary>The plain writer of what else there is to say.</summary>
    public TextWriter Error { get; }

    /// <summary>True when a person looks at <see cref="Output"/>.</summary>
    public bool IsOutputSeen { get; }

    /// <summary>True when a person looks at <see cref="Error"/>.</summary>
    public bool IsErrorSeen { get; }

    /// <summary>Writes to <see cref="Output"/>, with colors where a person looks.</summary>
    public IAnsiConsole OutputConsole => field ??= MakeConsole(Output, IsOutputSeen);

    /// <summary>Writes to <see cref="Error"/>, with colors where a person looks.</summary>
    public IAnsiConsole ErrorConsole => field ??= MakeConsole(Error, IsErrorSeen);

#pragma warning disable RS0030 // The one place where the tool meets the console.
    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
#pragma warning restore RS0030

    /// <summary>Does something, and says why where it is refused.</summary>
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

    // Made when it is needed: a program that is about to start must not wait for it.
    private IAnsiConsole MakeConsole(TextWriter writer, bool isSeen)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = !isSeen || _hasColors == false ? AnsiSupport.No : _hasColors == true ? AnsiSupport.Yes : AnsiSupport.Detect,
            ColorSystem = !isSeen || _hasColors == false ? ColorSystemSupport.NoColors
                : _hasColors == true ? ColorSystemSupport.Standard : ColorSystemSupport.Detect,
            Interactive = isSeen ? InteractionSupport.Detect : InteractionSupport.No,

            // They would switch colors on again for the pipes of some build services.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        if ((_width ?? (isSeen ? null : WidthOfPipe)) is { } columns)
        {
            console.Profile.Width = columns;
        }

        return console;
    }
}
