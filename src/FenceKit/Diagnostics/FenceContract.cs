// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// The contract between those who signal fences and those who wait for them, checked while the program runs. Off by default, and then
/// it costs nothing. On, the first harmless run of a driver shows the deadlock that would come once a year: see docs/contract.md.
/// </summary>
/// <remarks>
/// <para>Reports go to <see cref="FenceKit.Lockdep.LockValidator.Default"/>; give it sinks before the first fence is made.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. None of them blocks.</para>
/// </remarks>
public static partial class FenceContract
{
    /// <summary>The name of the runtime option that switches the check on; the tracked locks of FenceKit.Lockdep follow the same one.</summary>
    public const string OptionName = "FenceKit.Lockdep.Enabled";

    /// <summary>The name of the environment variable that switches it on with the value 1, where the option says nothing.</summary>
    public const string VariableName = "FENCEKIT_LOCKDEP";

    // A static readonly field is a constant to the optimizing compiler: everything behind it goes away. That is also why no Lockdep type
    // is named outside FenceAnnotations: a method that names one loads its assembly when it is compiled, whether it is reached or not.
    private static readonly bool s_isChecked = AppContext.TryGetSwitch(OptionName, out bool isOn)
        ? isOn
        : Environment.GetEnvironmentVariable(VariableName) == "1";

    /// <summary>Whether the contract is checked in this process. Read once, at the start.</summary>
    [FeatureSwitchDefinition(OptionName)]
    public static bool IsChecked => s_isChecked;

    /// <summary>Says that this thread reclaims memory until the scope ends: a shrinker, an eviction, a trim.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it on this thread. Nested scopes count as one.</returns>
    /// <remarks>As the fs_reclaim map of Linux. Allocates nothing in steady state.</remarks>
    public static FenceContractScope EnterReclaim([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        IsChecked ? FenceAnnotations.EnterReclaim(file, line) : default;

    /// <summary>
    /// Says that memory may be taken here from a pool that reclaims when it runs dry, even if it does not this time. Owners of pools call
    /// it first thing in their Rent.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>As might_alloc of Linux. Inside reclaim it is allowed: a reclaimer that runs dry does not reclaim again.</remarks>
    public static void MightAllocate([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (IsChecked)
        {
            FenceAnnotations.MightAllocate(file, line);
        }
    }
}
