// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// Checks, while the program runs, the contract between code that signals fences and code that waits for them. Off by default, and then it
/// costs nothing. When it is on, a single harmless run of a driver reveals a deadlock that would otherwise occur once a year; see
/// docs/contract.md.
/// </summary>
/// <remarks>
/// <para>Reports go to <see cref="FenceKit.Lockdep.LockValidator.Default"/>; add sinks to it before the first fence is created.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. None of them blocks.</para>
/// </remarks>
public static partial class FenceContract
{
    /// <summary>The name of the runtime option that enables the check, and the tracked locks of FenceKit.Lockdep.</summary>
    public const string OptionName = "FenceKit.Lockdep.Enabled";

    /// <summary>The name of the environment variable that enables the check with the value 1, if the option is not set.</summary>
    public const string VariableName = "FENCEKIT_LOCKDEP";

    // The JIT treats a static readonly field as a constant, and removes all code behind it. No type of FenceKit.Lockdep is named outside
    // FenceAnnotations, because compiling a method that names one loads that assembly, even if the code is never reached.
    private static readonly bool s_isChecked = AppContext.TryGetSwitch(OptionName, out bool isOn)
        ? isOn
        : Environment.GetEnvironmentVariable(VariableName) == "1";

    /// <summary>Whether the contract is checked in this process. The option is read once, at the start.</summary>
    [FeatureSwitchDefinition(OptionName)]
    public static bool IsChecked => s_isChecked;

    /// <summary>Declares that this thread reclaims memory until the scope ends, as a shrinker, an eviction or a trim does.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it on this thread. Nested scopes count as one.</returns>
    /// <remarks>Modeled on the kernel's fs_reclaim map. Allocates nothing in steady state.</remarks>
    public static FenceContractScope EnterReclaim([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        IsChecked ? FenceAnnotations.EnterReclaim(file, line) : default;

    /// <summary>
    /// Declares that memory may be allocated here from a pool that reclaims when it is exhausted, even if it does not this time. Owners of
    /// such pools call this first in their Rent method.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Modeled on the kernel's might_alloc. Allowed inside reclaim, which never reclaims recursively.</remarks>
    public static void MightAllocate([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (IsChecked)
        {
            FenceAnnotations.MightAllocate(file, line);
        }
    }
}
