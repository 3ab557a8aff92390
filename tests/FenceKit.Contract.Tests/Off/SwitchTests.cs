// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Off;

/// <summary>The one switch, from outside: programs of their own, with it off and on.</summary>
public class SwitchTests
{
    [Fact]
    public void Both_halves_follow_the_same_option_and_the_same_variable()
    {
        Assert.Equal(LockValidator.OptionName, FenceContract.OptionName);
        Assert.Equal(LockValidator.VariableName, FenceContract.VariableName);
        Assert.True(FenceContract.IsChecked);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    public async Task Off_every_part_of_FenceKit_runs_and_FenceKit_Lockdep_is_not_even_loaded(string value)
    {
        ProbeRun run = await ProbeRun.StartAsync(["use"], value);

        Assert.Equal("used; Lockdep not loaded", run.Output.Trim());
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task On_the_same_program_loads_it()
    {
        ProbeRun run = await ProbeRun.StartAsync(["use"], "1");

        Assert.Equal("used; Lockdep loaded", run.Output.Trim());
        Assert.Equal(0, run.ExitCode);
    }
}
