// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Running;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>What a command starts, and what is refused with a reason.</summary>
public sealed class ProgramTargetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lockdep-target-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("dotnet app.dll a b", "", "a b")]
    [InlineData("dotnet exec app.dll a", "", "a")]
    [InlineData("dotnet --roll-forward Major app.dll --x", "--roll-forward Major", "--x")]
    [InlineData("app.dll a", "", "a")]
    [InlineData("app a", "", "a")]
    public void A_command_says_which_assembly_it_starts(string command, string host, string arguments)
    {
        string assembly = Program("""{ "runtimeOptions": { "framework": { "name": "Microsoft.NETCore.App", "version": "10.0.0" } } }""");
        File.WriteAllText(Path.Combine(_folder, "app"), "");
        string[] words = [.. command.Split(' ').Select(word => word is "app.dll" or "app" ? Path.Combine(_folder, word) : word)];
        ProgramTarget target = ProgramTarget.Of(words);
        Assert.Equal(assembly, target.Assembly);
        Assert.Equal(host, string.Join(' ', target.HostOptions));
        Assert.Equal(arguments, string.Join(' ', target.Arguments));
        Assert.False(target.NeedsOlderRuntime);
    }

    [Fact]
    public void A_program_for_an_older_runtime_is_known_as_one()
    {
        string assembly = Program("""{ "runtimeOptions": { "frameworks": [ { "name": "Microsoft.NETCore.App", "version": "8.0.0" }, { "name": "Microsoft.AspNetCore.App", "version": "8.0.0" } ] } }""");
        Assert.True(ProgramTarget.Of([assembly]).NeedsOlderRuntime);
    }

    [Theory]
    [InlineData("""{ "runtimeOptions": { "includedFrameworks": [ ] } }""", "brings its own runtime")]
    [InlineData("""{ "runtimeOptions": { "configProperties": { "System.StartupHookProvider.IsSupported": false } } }""", "is trimmed")]
    [InlineData("""{ "runtimeOptions": { "framework": { } } }""", "cannot be read")]
    [InlineData("""{ }""", "cannot be read")]
    [InlineData("""no json""", "cannot be read")]
    public void What_cannot_be_rewritten_is_refused_with_the_reason(string config, string reason)
    {
        string assembly = Program(config);
        Assert.Contains(reason, Assert.Throws<ToolException>(() => ProgramTarget.Of(["dotnet", assembly])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_file_a_library_and_what_is_not_there_are_refused()
    {
        string single = Path.Combine(_folder, "single");
        File.WriteAllText(single, "");
        string library = Path.Combine(_folder, "library.dll");
        File.WriteAllText(library, "");
        Assert.Contains("single file", Refused(single), StringComparison.Ordinal);
        Assert.Contains("it is a library", Refused(library), StringComparison.Ordinal);
        Assert.Contains("There is no file", Refused(Path.Combine(_folder, "missing.dll")), StringComparison.Ordinal);
        Assert.Contains("It is not clear which assembly", Refused("dotnet", "watch"), StringComparison.Ordinal);
    }

    private static string Refused(params string[] command) => Assert.Throws<ToolException>(() => ProgramTarget.Of(command)).Message;

    private string Program(string config)
    {
        string assembly = Path.Combine(_folder, "app.dll");
        File.WriteAllText(assembly, "");
        File.WriteAllText(Path.Combine(_folder, "app.runtimeconfig.json"), config);
        return assembly;
    }
}
