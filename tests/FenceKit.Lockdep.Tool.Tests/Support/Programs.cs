// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>Programs that are built beside the tests, in the same configuration.</summary>
internal static class Programs
{
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string Case(string name) => Of("tests", "FenceKit.Lockdep.Tool.Cases", name);

    public static string Sample(string name) => Of("samples", name);

    private static string Of(params string[] project) => Repository.PathOf([.. project, "bin", Configuration, "net10.0", $"{project[^1]}.dll"]);
}
