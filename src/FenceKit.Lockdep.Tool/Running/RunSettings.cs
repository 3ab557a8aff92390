// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The settings of a run.</summary>
/// <param name="Selection">The assemblies to rewrite.</param>
/// <param name="TakesFramework">Whether assemblies of the shared framework are rewritten too.</param>
/// <param name="GivesHints">Whether findings that rest on classes alone are reported.</param>
/// <param name="HangLimit">How long threads must have waited for each other before the program is ended; null to disable that.</param>
internal sealed record RunSettings(AssemblySelection Selection, bool TakesFramework, bool GivesHints, TimeSpan? HangLimit)
{
    /// <summary>The maximum of <paramref name="HangLimit"/>, in seconds.</summary>
    public const int LongestHang = 86_400;
}
