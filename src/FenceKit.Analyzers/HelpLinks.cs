// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit.Analyzers;

/// <summary>Where the page of a rule is.</summary>
internal static class HelpLinks
{
    // The build writes it down where the repository has one; an address is not made up.
    private static readonly string? s_repository = typeof(HelpLinks).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => attribute.Key == "RepositoryUrl")?.Value;

    internal static string? For(string id) => string.IsNullOrEmpty(s_repository) ? null : $"{s_repository}/blob/main/docs/analyzers/{id}.md";
}
