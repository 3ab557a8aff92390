// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Curves;

/// <summary>How a cost grows, beside how the peer's grows.</summary>
/// <param name="Name">The file's name, without its ending.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Axis">What the points are.</param>
/// <param name="Points">Where it is measured.</param>
/// <param name="Series">The lines.</param>
internal sealed record Curve(string Name, string Title, string Axis, int[] Points, CurveSeries[] Series)
{
    /// <summary>Measured in a process in which the lock validator is on.</summary>
    internal bool ValidatorOn { get; init; }
}
