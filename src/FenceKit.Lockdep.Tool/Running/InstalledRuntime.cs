// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>
/// The installed .NET whose assemblies the program refers to: that on which the tool runs; for a tool that is a native program, that of the
/// <c>dotnet</c> that it starts.
/// </summary>
/// <param name="Root">The folder of the host.</param>
/// <param name="Framework">The folder of the assemblies of Microsoft.NETCore.App.</param>
internal sealed record InstalledRuntime(string Root, string Framework)
{
    private const string FrameworkName = "Microsoft.NETCore.App";
    private const string CoreLibrary = "System.Private.CoreLib.dll";
    private const int OldestMajor = 10;
    private static readonly Lazy<InstalledRuntime?> s_found = new(static () => OfTheTool(RuntimeEnvironment.GetRuntimeDirectory()) ?? OfTheHost(Candidates()));

    /// <summary>The name of the host's file.</summary>
    public static string HostName { get; } = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";

    /// <summary>The installed .NET; null if there is none where it can be expected.</summary>
    public static InstalledRuntime? Found => s_found.Value;

    /// <summary>The .NET to which a folder of assemblies belongs; null if it is not one, as with a native program.</summary>
    internal static InstalledRuntime? OfTheTool(string directory)
    {
        string framework = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        return File.Exists(Path.Combine(framework, CoreLibrary))
            ? new InstalledRuntime(Path.GetFullPath(Path.Combine(framework, "..", "..", "..")), framework) // .../shared/Microsoft.NETCore.App/10.0.0
            : null;
    }

    /// <summary>The first of some files that is a host with assemblies beside it. Of .NET 10, or else of the next major version, the newest is taken.</summary>
    internal static InstalledRuntime? OfTheHost(IEnumerable<string> hosts)
    {
        foreach (string host in hosts.Where(File.Exists))
        {
            string root = Path.GetDirectoryName(File.ResolveLinkTarget(host, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(host))!;
            string frameworks = Path.Combine(root, "shared", FrameworkName);
            if (!Directory.Exists(frameworks))
            {
                continue;
            }

            string? newest = Directory.GetDirectories(frameworks)
                .Where(static folder => File.Exists(Path.Combine(folder, CoreLibrary)) && VersionOf(folder).Major >= OldestMajor)
                .OrderBy(static folder => VersionOf(folder).Major)
                .ThenByDescending(VersionOf)
                .ThenBy(static folder => Path.GetFileName(folder).Length) // a release has a shorter name than its previews
                .FirstOrDefault();
            if (newest is not null)
            {
                return new InstalledRuntime(root, newest);
            }
        }

        return null;
    }

    // As the system looks for a command, and then as an executable of .NET looks for its host.
    private static IEnumerable<string> Candidates()
    {
        string[] folders =
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "",
            .. OperatingSystem.IsWindows()
                ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet")]
                : (string[])["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet"],
        ];
        return folders.Where(static folder => folder.Length > 0).Select(static folder => Path.Combine(folder, HostName));
    }

    private static Version VersionOf(string folder)
    {
        string name = Path.GetFileName(folder);
        int preview = name.IndexOf('-', StringComparison.Ordinal);
        return Version.TryParse(preview < 0 ? name : name[..preview], out Version? version) ? version : new Version(0, 0);
    }
}
