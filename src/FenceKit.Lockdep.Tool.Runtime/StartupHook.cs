// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

/// <summary>
/// The runtime calls this before Main. With that the assembly is loaded into the default context, and rewritten code finds it by its name from then on, whatever the
/// program's deps.json says.
/// </summary>
[SuppressMessage("Design", "CA1050:Declare types in namespaces", Justification = "The runtime looks for this name.")]
[SuppressMessage("Performance", "CA1812:Avoid uninstantiated internal classes", Justification = "The runtime calls it.")]
internal static class StartupHook
{
    public static void Initialize() => FenceKit.Lockdep.Instrumentation.ProcessMarks.Watch();
}
