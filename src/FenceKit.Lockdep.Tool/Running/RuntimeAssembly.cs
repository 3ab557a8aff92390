// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Rewriting;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The assembly that rewritten code calls; it lies beside the tool.</summary>
internal static class RuntimeAssembly
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, CallTable.RuntimeName + ".dll");
}
