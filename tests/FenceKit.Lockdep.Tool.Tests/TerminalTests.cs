// SPDX-License-Identifier: MIT
using Spectre.Console;

namespace FenceKit.Lockdep.Tool.Tests;

public class TerminalTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_pipe_gets_no_colors_whatever_the_terminal_can(bool isSeen, bool hasColors)
    {
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error, isSeen, isSeen, hasColors: true);
        foreach (IAnsiConsole console in (IAnsiConsole[])[terminal.OutputConsole, terminal.ErrorConsole])
        {
            console.Write(new Text("found", new Style(Color.Red)));
        }

        Assert.Equal(hasColors, output.ToString().Contains('\u001b', StringComparison.Ordinal));
        Assert.Equal(hasColors, error.ToString().Contains('\u001b', StringComparison.Ordinal));
    }
}
