// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Reflection.PortableExecutable;
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>Assemblies as they are out there, and ends that come from outside.</summary>
public sealed class OutThereTests : IDisposable
{
    private const int OffsetOfFlags = 16; // in the header of the runtime, IMAGE_COR20_HEADER
    private readonly ToolProcess _tool = new();
    private readonly Folder _folder = new();

    public OutThereTests()
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Programs.Case("Catalog"))!, "Catalog*"))
        {
            File.Copy(file, _folder.PathOf(Path.GetFileName(file)));
        }
    }

    public void Dispose()
    {
        _folder.Dispose();
        _tool.Dispose();
    }

    [Fact]
    public void A_plugin_that_is_loaded_by_its_path_into_a_context_that_can_go_is_seen()
    {
        ToolRun run = RunPlugin("Catalog.Fields");
        Assert.True(run.ExitCode == ExitCodes.Found, run.Output + run.Error);
        Assert.Equal(["Catalog.Fields._one", "Catalog.Fields._two"], Assert.Single(Report().Locks.Violations).ClassNames.Order(StringComparer.Ordinal));
    }

    // Classes, sites, stacks, the last task and whatever else is remembered of it keep none of its types.
    [Theory]
    [InlineData("Catalog.Fields")]
    [InlineData("Catalog.Good")]
    [InlineData("Catalog.BadTasks")]
    [InlineData("Catalog.BadSignals")]
    public void A_plugin_whose_locks_were_seen_is_unloaded_all_the_same(string type)
        => Assert.Contains("plugin: it was run and is gone", RunPlugin(type).Output, StringComparison.Ordinal);

    private ToolRun RunPlugin(string type)
    {
        Directory.CreateDirectory(_folder.PathOf("plugins"));
        File.Copy(_folder.PathOf("Catalog.dll"), Path.Combine(_folder.PathOf("plugins"), "Catalog.dll"));
        return Run("plugin", Path.Combine("plugins", "Catalog.dll"), type);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Places_come_from_symbols_inside_an_assembly_and_without_any_from_its_methods(bool isEmbedded)
    {
        string changed = _folder.PathOf("changed");
        using (ModuleDefinition module = ModuleDefinition.ReadModule(_folder.PathOf("Catalog.dll"), new ReaderParameters { ReadSymbols = isEmbedded }))
        {
            module.Write(changed, new WriterParameters { SymbolWriterProvider = isEmbedded ? new EmbeddedPortablePdbWriterProvider() : null, WriteSymbols = isEmbedded });
        }

        File.Move(changed, _folder.PathOf("Catalog.dll"), overwrite: true);
        File.Delete(_folder.PathOf("Catalog.pdb"));
        ToolRun run = Run("bad");
        Assert.True(run.ExitCode == ExitCodes.Found, run.Error);
        LockViolation found = Report().Locks.Violations.First(static one => one.ClassNames.Contains("Catalog.Fields._one"));
        Assert.Contains(isEmbedded ? "BadMonitors.cs:" : "Catalog.dll", found.Dependencies[0].Held.Site!.ToString(), StringComparison.Ordinal);
        Assert.Contains("Catalog.Fields.Run", found.Dependencies[0].Held.Site!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_child_that_is_started_without_the_hook_is_seen()
    {
        ToolRun run = Run("child-without-hooks");
        Assert.True(run.ExitCode == ExitCodes.Found, run.Error);
        Assert.Contains("bad: all paths were run", run.Output, StringComparison.Ordinal);
        Assert.Contains(Report().Locks.Violations, static one => one.ClassNames.Contains("Catalog.Fields._one"));
    }

    [Fact]
    public void An_assembly_with_native_code_of_its_own_is_left_as_it_is_and_named()
    {
        byte[] image = File.ReadAllBytes(_folder.PathOf("Catalog.dll"));
        using (var reader = new PEReader([.. image]))
        {
            image[reader.PEHeaders.CorHeaderStartOffset + OffsetOfFlags] &= unchecked((byte)~CorFlags.ILOnly);
        }

        File.WriteAllBytes(_folder.PathOf("Mixed.dll"), image);
        ToolRun run = Run("good");
        Assert.True(run.ExitCode == ExitCodes.Clean, run.Error);
        Assert.Contains("Mixed.dll: it has native code of its own (C++/CLI)", run.Error, StringComparison.Ordinal);
        Assert.Contains(Report().Run!.Assemblies, static assembly => assembly is { Name: "Mixed.dll", IsRewritten: false });
    }

    // Ctrl+C goes to both, for they share the terminal; what ends a service goes to the tool alone, which hands it on.
    [Theory]
    [InlineData("-INT", true, 130)]
    [InlineData("-TERM", false, 143)]
    public void What_was_found_is_there_when_the_run_is_ended_from_outside(string signal, bool isOfTerminal, int code)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // signals are sent otherwise there
        }

        using Process tool = _tool.Start("run", "--json", _folder.PathOf("report.json"), "--", "dotnet", _folder.PathOf("Catalog.dll"), "wait");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using CancellationTokenRegistration ending = limit.Token.Register(() => tool.Kill(entireProcessTree: true)); // a signal that is not heard fails the test, and does not hang it
        string program = tool.StandardOutput.ReadLine()!;
        Send(signal, tool.Id.ToString(CultureInfo.InvariantCulture));
        if (isOfTerminal)
        {
            Send(signal, program);
        }

        string error = tool.StandardError.ReadToEnd();
        tool.WaitForExit();
        Assert.True(tool.ExitCode == code, error);
        Assert.Contains(Report().Locks.Violations, static one => one.ClassNames.Contains("Catalog.Fields._one"));
        Assert.True(Report().Run!.IsWhole, error);
    }

    private static void Send(string signal, string process)
    {
        using Process kill = Process.Start("kill", [signal, process]);
        kill.WaitForExit();
    }

    private ToolRun Run(params string[] arguments) => _tool.Run(["run", "--json", _folder.PathOf("report.json"), "--", "dotnet", _folder.PathOf("Catalog.dll"), .. arguments]);

    private RunReport Report() => RunReport.Parse(File.ReadAllText(_folder.PathOf("report.json")));
}
