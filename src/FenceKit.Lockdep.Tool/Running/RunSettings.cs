// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>How a program is run.</summary>
/// <param name="Selection">Which assemblies are rewritten.</param>
/// <param name="TakesFramework">Whether those of the shared framework are rewritten too.</param>
/// <param name="GivesHints">Whether findings that rest on classes alone are given.</param>
/// <param name="HangLimit">How long some must have waited for each other for the program to be ended; null for no such thing.</param>
internal sealed record RunSettings(AssemblySelection Selection, bool TakesFramework, bool GivesHints, TimeSpan? HangLimit)
{
    /// <summary>The longest <paramref name="HangLimit"/> that can be asked for, in seconds.</summary>
    public const int LongestHang = 86_400;
}
