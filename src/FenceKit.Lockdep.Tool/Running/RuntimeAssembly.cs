// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Rewriting;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The assembly that rewritten code calls; it lies beside the tool.</summary>
internal static class RuntimeAssembly
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, CallTable.RuntimeName + ".dll");

    /// <summary>The same, for somebody who is about to use it.</summary>
    /// <exception cref="ToolException">It is not there.</exception>
    public static string Existing
        => File.Exists(Path) ? Path : throw new ToolException($"the tool is not whole: {Path} is missing. Install FenceKit.Lockdep.Tool again.");
}
