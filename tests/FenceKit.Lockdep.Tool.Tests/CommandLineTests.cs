// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests;

public class CommandLineTests
{
    [Fact]
    public void The_help_says_what_the_exit_codes_mean()
    {
        ToolRun help = ToolRun.Of("--help");
        Assert.Equal(ExitCodes.Clean, help.ExitCode);
        Assert.Contains(ExitCodes.Explained, help.Output, StringComparison.Ordinal);
        Assert.Empty(help.Error);
    }

    [Fact]
    public void The_version_is_that_of_the_package()
    {
        ToolRun version = ToolRun.Of("--version");
        Assert.Equal(ExitCodes.Clean, version.ExitCode);
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+", version.Output);
    }

    [Theory]
    [InlineData("--no-such-option")]
    [InlineData("no-such-command")]
    public void Wrong_use_is_said_on_standard_error_with_exit_code_2(string argument)
    {
        ToolRun wrong = ToolRun.Of(argument);
        Assert.Equal(ExitCodes.WrongUse, wrong.ExitCode);
        Assert.Contains(argument, wrong.Error, StringComparison.Ordinal);
        Assert.Empty(wrong.Output);
    }
}
