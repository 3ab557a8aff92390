// SPDX-License-Identifier: MIT
using System.CommandLine;
using CsCheck;
using FenceKit.Lockdep.Tool.Commands;
using FenceKit.Lockdep.Tool.Running;

namespace FenceKit.Lockdep.Tool.Tests.Commands;

/// <summary>What is understood without the library for command lines is what the library understands.</summary>
public sealed class PlainRunTests
{
    private static readonly string[] s_words =
    [
        "--json", "--sarif", "--html", "--order", "--suppress", "--only", "--skip", "--fail-on", "--hang", "--framework", "--hints",
        "a.json", "b c", "Foo*", "likely", "certain", "possible", "30", "0", "86400", "86401", "1.5", "true", "false", "-x", "--json=a", "@words", "", "--", "--help", "run",
    ];

    [Theory]
    [InlineData("run -- dotnet app.dll")]
    [InlineData("run --json a --only Foo --only Bar.dll --skip Baz -- dotnet app.dll --json b -- -x @c")]
    [InlineData("run --hang 30 --fail-on certain --hints --framework --suppress s --order o --sarif r --html h -- ./app")]
    public void What_is_plain_is_understood(string line) => AssertSame(line.Split(' '), isPlain: true);

    [Theory]
    [InlineData("run dotnet app.dll")]
    [InlineData("run --json -- dotnet app.dll")]
    [InlineData("run --json a --json b -- dotnet app.dll")]
    [InlineData("run --hints true -- dotnet app.dll")]
    [InlineData("run --json @file -- dotnet app.dll")]
    [InlineData("run --fail-on never -- dotnet app.dll")]
    [InlineData("run --help -- dotnet app.dll")]
    [InlineData("test -- dotnet test")]
    [InlineData("run --")]
    [InlineData("--version")]
    public void What_is_not_is_left_to_the_library(string line) => AssertSame(line.Split(' '), isPlain: false);

    [Fact]
    public void They_agree_on_whatever_people_write() => Gen.Int[0, s_words.Length - 1].Array[0, 8].Sample(
        static words => AssertSame(["run", .. words.Select(static word => s_words[word]), "--", "dotnet", "app.dll"], isPlain: null), iter: 2_000, threads: 1);

    private static void AssertSame(string[] line, bool? isPlain)
    {
        var plain = PlainRun.Of(line);
        Assert.Equal(isPlain ?? plain is not null, plain is not null);
        if (plain is null)
        {
            return;
        }

        var options = new RunOptions();
        var words = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("run") { words };
        options.AddTo(command);
        ParseResult parsed = new RootCommand { command }.Parse(line);
        Assert.Empty(parsed.Errors);
        RunSettings settings = options.SettingsOf(parsed);
        Assert.Equal(settings.Selection.Only, plain.Settings.Selection.Only);
        Assert.Equal(settings.Selection.Skip, plain.Settings.Selection.Skip);
        Assert.Equal(settings with { Selection = plain.Settings.Selection }, plain.Settings);
        Assert.Equal(options.OutputsOf(parsed), plain.Outputs);
        Assert.Equal(parsed.GetValue(words), plain.Command);
    }
}
