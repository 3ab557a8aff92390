// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Rewriting;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The assembly that rewritten code calls. It is in the tool's own folder.</summary>
internal static class RuntimeAssembly
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, CallTable.RuntimeName + ".dll");

    /// <summary>Returns the path after checking that the file exists.</summary>
    /// <exception cref="ToolException">The file does not exist.</exception>
    public static string Existing
        => File.Exists(Path) ? Path : throw new ToolException($"the tool is not whole: {Path} is missing. Install FenceKit.Lockdep.Tool again.");
}
