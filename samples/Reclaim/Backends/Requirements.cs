// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Linux;

namespace FenceKit.Samples.Reclaim.Backends;

/// <summary>A real part was demanded and is not to be had.</summary>
internal sealed class RequirementException(string message) : Exception(message);

/// <summary>
/// FENCEKIT_REQUIRE: a comma list of real parts without which the run must fail instead of falling back to a simulation. For build servers,
/// where a part that silently disappears would make every test pass.
/// </summary>
internal static class Requirements
{
    public const string Variable = "FENCEKIT_REQUIRE";

    // Parts that other samples of this repository use. To name them is no mistake; here they mean nothing.
    private static readonly string[] s_elsewhere = ["vulkan", "redis", "nats"];

    /// <summary>The real parts of this sample, and why one cannot be used; null if it can.</summary>
    public static IReadOnlyDictionary<string, Func<string?>> Parts { get; } = new Dictionary<string, Func<string?>>
    {
        ["uffd"] = LinuxProbe.WhyNoUserfaultfd,
        ["uring"] = LinuxProbe.WhyNoIoUring,
    };

    /// <summary>Tries every part that the list names.</summary>
    /// <exception cref="RequirementException">One of them is missing, or nobody knows it.</exception>
    public static void Check(string? list, IReadOnlyDictionary<string, Func<string?>> parts)
    {
        foreach (string part in (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (parts.TryGetValue(part, out Func<string?>? whyNot))
            {
                if (whyNot() is string reason)
                {
                    throw new RequirementException($"{Variable} demands '{part}', which cannot be used here: {reason}");
                }
            }
            else if (!s_elsewhere.Contains(part))
            {
                throw new RequirementException($"{Variable} demands '{part}', which is none of: {string.Join(", ", parts.Keys)}");
            }
        }
    }
}
