// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;

namespace FenceKit.Samples.Tests;

/// <summary>
/// A test on the real parts. Skipped with the kernel's reason where it refuses them, unless FENCEKIT_REQUIRE names one: then it runs and
/// fails, which is what the variable is for.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealPartsFactAttribute : FactAttribute
{
    public RealPartsFactAttribute(params string[] parts)
    {
        string required = Environment.GetEnvironmentVariable(Requirements.Variable) ?? "";
        string[] refused = [.. parts
            .Where(part => !required.Contains(part, StringComparison.Ordinal))
            .Select(static part => (Part: part, Reason: Requirements.Parts[part]()))
            .Where(static part => part.Reason is not null)
            .Select(static part => $"{part.Part}: {part.Reason}")];
        if (refused.Length > 0)
        {
            Skip = string.Join("; ", refused);
        }
    }
}
