// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Reports;

/// <summary>Short descriptions of a finding, for lists.</summary>
internal static class FindingText
{
    /// <summary>The first line of the report: the kind and the confidence.</summary>
    public static string HeadOf(LockViolation violation) => violation.ToString().ReplaceLineEndings("\n").Split('\n')[0];

    /// <summary>Where one lock was held and where the next was wanted.</summary>
    public static string PlacesOf(LockViolationEdge edge) =>
        $"held {PlaceOf(edge.Held)}, wanted {PlaceOf(edge.Wanted)}, {(edge.Origin is { } origin ? $"known from {origin}" : $"on {edge.Thread}")}";

    /// <summary>The source line, or the method if the line is not known.</summary>
    public static string PlaceOf(HeldLock held) => KnownPlaceOf(held) ?? "at a place that is not known";

    /// <summary>The source line, or the method, or null if neither is known.</summary>
    public static string? KnownPlaceOf(HeldLock held) =>
        held.Site is { } site ? $"at {site}" : held.Stack is [string frame, ..] ? $"in {frame}" : null;
}
