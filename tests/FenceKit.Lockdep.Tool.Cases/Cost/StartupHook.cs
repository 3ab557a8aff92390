// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

/// <summary>A hook that does nothing: what the runtime needs to call one is the least that the tool can cost a program.</summary>
[SuppressMessage("Design", "CA1050:Declare types in namespaces", Justification = "The runtime looks for this name.")]
[SuppressMessage("Performance", "CA1812:Avoid uninstantiated internal classes", Justification = "The runtime calls it.")]
internal static class StartupHook
{
    public static void Initialize()
    {
    }
}
