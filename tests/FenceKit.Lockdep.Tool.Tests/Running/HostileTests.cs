// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;
using Mono.Cecil;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>Programs that somebody has made to do harm, or that have too much of everything.</summary>
public sealed class HostileTests : IDisposable
{
    private const string Markup = "<img src=x onerror=alert(1)>[red]\u001b[31m\u202e";
    private readonly ToolProcess _tool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("lockdep-hostile-").FullName;

    public HostileTests()
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Programs.Case("Catalog"))!))
        {
            File.Copy(file, PathOf(Path.GetFileName(file)));
        }
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _tool.Dispose();
    }

    [Fact]
    public void Names_with_markup_stay_names()
    {
        string renamed = PathOf("renamed.dll");
        using (ModuleDefinition module = ModuleDefinition.ReadModule(PathOf("Catalog.dll")))
        {
            TypeDefinition type = module.GetType("Catalog.Fields");
            type.Name += Markup;
            type.Fields.First(static field => field.Name == "_one").Name = "</script><b>" + Markup;
            module.Write(renamed);
        }

        File.Move(renamed, PathOf("Catalog.dll"), overwrite: true);
        File.Delete(PathOf("Catalog.pdb"));
        ToolRun run = _tool.Run(
            "run", "--html", PathOf("page.html"), "--sarif", PathOf("log.sarif"), "--json", PathOf("report.json"), "--", "dotnet", PathOf("Catalog.dll"), "bad");
        Assert.True(run.ExitCode == ExitCodes.Found, run.Error);
        Assert.Contains("bad: all paths were run", run.Output, StringComparison.Ordinal);
        Assert.Contains(RunReport.Parse(File.ReadAllText(PathOf("report.json"))).Locks.Violations, static one => one.ClassNames.Any(static name => name.Contains("onerror", StringComparison.Ordinal)));
        Assert.DoesNotContain('\u001b', run.Error);
        Assert.DoesNotContain('\u202e', run.Error);
        string page = File.ReadAllText(PathOf("page.html"));
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        Assert.DoesNotContain("</script><b>", page, StringComparison.Ordinal);
        using var sarif = System.Text.Json.JsonDocument.Parse(File.ReadAllText(PathOf("log.sarif")));
    }

    [Fact]
    public void Ten_thousand_locks_hide_nothing()
    {
        ToolRun run = _tool.Run("run", "--json", PathOf("report.json"), "--html", PathOf("page.html"), "--", "dotnet", PathOf("Catalog.dll"), "many");
        Assert.True(run.ExitCode == ExitCodes.Found, run.Error);
        Assert.Contains("many: all paths were run", run.Output, StringComparison.Ordinal);
        LockViolation found = Assert.Single(RunReport.Parse(File.ReadAllText(PathOf("report.json"))).Locks.Violations);
        Assert.Contains("Catalog.Many.Run.outer", found.ClassNames);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
