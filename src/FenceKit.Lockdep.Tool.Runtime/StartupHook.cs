// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

/// <summary>
/// The startup hook, which the runtime calls before Main. It loads this assembly into the default context, so that rewritten code finds it
/// by name, whatever the program's deps.json says.
/// </summary>
[SuppressMessage("Design", "CA1050:Declare types in namespaces", Justification = "The runtime looks for this name.")]
[SuppressMessage("Performance", "CA1812:Avoid uninstantiated internal classes", Justification = "The runtime calls it.")]
internal static class StartupHook
{
    public static void Initialize() => FenceKit.Lockdep.Instrumentation.ProcessMarks.Watch();
}
