// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Linux;
using FenceKit.Samples.Reclaim.Simulation;

namespace FenceKit.Samples.Reclaim.Backends;

/// <summary>What the command line may ask for.</summary>
internal enum BackendWish
{
    /// <summary>The kernel if it lets us, otherwise the simulation.</summary>
    Auto,

    /// <summary>The kernel or nothing.</summary>
    Real,

    /// <summary>The simulation, whatever the kernel would say.</summary>
    Simulated,
}

/// <summary>The backend of a run, and why it is a simulation if it had to be one.</summary>
internal sealed record BackendChoice(Backend Backend, string? WhySimulated)
{
    /// <param name="wish">What the command line says.</param>
    /// <param name="required">What FENCEKIT_REQUIRE says.</param>
    /// <param name="parts">The real parts, and why one cannot be used.</param>
    /// <exception cref="RequirementException">The real thing was demanded and cannot be had.</exception>
    public static BackendChoice Make(BackendWish wish, string? required, IReadOnlyDictionary<string, Func<string?>> parts)
    {
        if (wish == BackendWish.Simulated)
        {
            return new BackendChoice(new SimulatedBackend(), "asked for by --backend simulated");
        }

        Requirements.Check(required, parts);
        string[] reasons = [.. parts
            .Select(static part => (part.Key, Reason: part.Value()))
            .Where(static part => part.Reason is not null)
            .Select(static part => $"{part.Key}: {part.Reason}")];
        return reasons switch
        {
            [] => new BackendChoice(new LinuxBackend(), WhySimulated: null),
            _ when wish == BackendWish.Real => throw new RequirementException($"--backend real: {string.Join("; ", reasons)}"),
            _ => new BackendChoice(new SimulatedBackend(), string.Join("; ", reasons)),
        };
    }
}
