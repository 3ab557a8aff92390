// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit.Lockdep.Tool.Running;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>A tool that is a native program looks for the .NET that it will start.</summary>
public sealed class InstalledRuntimeTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_tool_that_runs_on_an_installed_runtime_takes_that()
    {
        InstalledRuntime own = InstalledRuntime.OfTheTool(RuntimeEnvironment.GetRuntimeDirectory())!;
        Assert.Equal(own, InstalledRuntime.Found);
        Assert.True(File.Exists(Path.Combine(own.Root, InstalledRuntime.HostName)));
        Assert.True(File.Exists(Path.Combine(own.Framework, "System.Runtime.dll")));
    }

    [Fact]
    public void A_folder_without_the_core_library_is_none() => Assert.Null(InstalledRuntime.OfTheTool(_folder.Root));

    [Theory]
    [InlineData("10.0.12", "9.0.1", "10.0.9", "10.0.12", "11.0.1")]
    [InlineData("10.0.0", "10.0.0-rc.2.1", "10.0.0", "10.0.0-preview.7.3")]
    [InlineData("11.0.2", "8.0.30", "9.0.1", "11.0.2", "11.0.1", "12.0.0")]
    public void The_newest_of_dotnet_10_is_taken_or_of_the_next(string expected, params string[] versions)
    {
        string host = Install("dotnet", versions);
        InstalledRuntime found = InstalledRuntime.OfTheHost([host])!;
        Assert.Equal(_folder.PathOf("dotnet"), found.Root);
        Assert.Equal(expected, Path.GetFileName(found.Framework));
    }

    [Fact]
    public void A_link_to_the_host_leads_to_its_folder()
    {
        string host = Install("dotnet", "10.0.1");
        Directory.CreateDirectory(_folder.PathOf("bin"));
        string link = Path.Combine(_folder.PathOf("bin"), InstalledRuntime.HostName);
        File.CreateSymbolicLink(link, host);
        Assert.Equal(_folder.PathOf("dotnet"), InstalledRuntime.OfTheHost([link])!.Root);
    }

    [Fact]
    public void Hosts_that_are_missing_or_alone_or_too_old_are_passed_over()
    {
        string old = Install("old", "9.0.1");
        Directory.CreateDirectory(_folder.PathOf("alone"));
        string alone = Path.Combine(_folder.PathOf("alone"), InstalledRuntime.HostName);
        File.WriteAllText(alone, "");
        string missing = Path.Combine(_folder.PathOf("missing"), InstalledRuntime.HostName);
        string good = Install("good", "10.0.1");
        Assert.Equal(_folder.PathOf("good"), InstalledRuntime.OfTheHost([missing, alone, old, good])!.Root);
        Assert.Null(InstalledRuntime.OfTheHost([missing, alone, old]));
    }

    private string Install(string name, params string[] versions)
    {
        foreach (string version in versions)
        {
            string framework = Path.Combine(_folder.PathOf(name), "shared", "Microsoft.NETCore.App", version);
            Directory.CreateDirectory(framework);
            File.WriteAllText(Path.Combine(framework, "System.Private.CoreLib.dll"), "");
        }

        string host = Path.Combine(_folder.PathOf(name), InstalledRuntime.HostName);
        File.WriteAllText(host, "");
        return host;
    }
}
