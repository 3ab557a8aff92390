// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests;

public class ExitCodesTests
{
    [Theory]
    [InlineData(0, LockConfidence.Certain, LockConfidence.Likely, ExitCodes.Found)]
    [InlineData(0, LockConfidence.Likely, LockConfidence.Likely, ExitCodes.Found)]
    [InlineData(0, LockConfidence.Possible, LockConfidence.Likely, ExitCodes.Clean)]
    [InlineData(0, LockConfidence.Possible, LockConfidence.Possible, ExitCodes.Found)]
    [InlineData(0, LockConfidence.Likely, LockConfidence.Certain, ExitCodes.Clean)]
    [InlineData(7, LockConfidence.Certain, LockConfidence.Possible, 7)]
    [InlineData(-1, LockConfidence.Certain, LockConfidence.Possible, -1)]
    [InlineData(139, LockConfidence.Possible, LockConfidence.Certain, 139)]
    public void The_programs_own_code_wins_and_then_what_was_found(int program, LockConfidence found, LockConfidence failOn, int expected)
    {
        // The report of one finding of each kind of sureness, read as a process would have written it.
        string json = Shop.Before.ToJson().Replace("\"violations\": []", $"\"violations\": [{Finding(found)}]", StringComparison.Ordinal);
        Assert.Equal(expected, ExitCodes.OfRun(program, LockReport.Parse(json), failOn));
    }

    [Fact]
    public void Nothing_found_is_clean() => Assert.Equal(ExitCodes.Clean, ExitCodes.OfRun(0, Shop.Before, LockConfidence.Possible));

    [Theory]
    [InlineData(0, ExitCodes.WrongUse)]
    [InlineData(7, 7)]
    public void Of_what_is_not_whole_nothing_is_clean(int program, int expected)
        => Assert.Equal(expected, ExitCodes.OfRun(program, Shop.Before, LockConfidence.Possible, isWhole: false));

    private static string Finding(LockConfidence confidence) =>
        $$$"""
        {"kind":"Protocol","confidence":"{{{confidence}}}","raisedFrom":null,"message":"m","assumption":null,"key":"k","thread":"t","dependencies":[],
         "heldLocks":[],"lock":null,"stack":[],"interleaving":{"threads":[],"steps":[]}}
        """;
}
