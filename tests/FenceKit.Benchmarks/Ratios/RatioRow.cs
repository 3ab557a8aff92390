// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>
/// One comparison. Each side does its work <c>count</c> times in a call; what "once" is must be the same on both sides.
/// </summary>
/// <param name="Name">The name in the table of results.</param>
/// <param name="Ours">What FenceKit does.</param>
/// <param name="Theirs">What people use today.</param>
/// <param name="Limit">The ratio ours / theirs that must hold.</param>
/// <param name="OursText">Ours, in words.</param>
/// <param name="TheirsText">Theirs, in words.</param>
/// <param name="Threads">More than one: bytes are counted for the whole process.</param>
internal sealed record RatioRow(
    string Name, Action<int> Ours, Action<int> Theirs, double Limit, string OursText, string TheirsText, int Threads = 1)
{
    /// <summary>
    /// For rows about how a cost grows: ours is divided by this one, measured in the same turn, and theirs by <see cref="TheirsBase"/>.
    /// Null for a plain comparison.
    /// </summary>
    internal Action<int>? OursBase { get; init; }

    /// <inheritdoc cref="OursBase"/>
    internal Action<int>? TheirsBase { get; init; }

    /// <summary>What ours cannot do without, by hand, for rows that stand near or above their limit; measured in the same turns.</summary>
    internal Action<int>? Floor { get; init; }

    /// <summary>The floor, in words.</summary>
    internal string FloorText { get; init; } = "";

    /// <summary>
    /// Needs the lock validator. Its switch is read once in a process, and all other rows need it off, so these rows are measured,
    /// both sides, in one process of their own.
    /// </summary>
    internal bool ValidatorOn { get; init; }

    /// <summary>For work that is done in another process: how many bytes it has allocated by now.</summary>
    internal Func<long>? Allocated { get; init; }
}
