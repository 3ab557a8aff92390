// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Curves;

/// <summary>One line of a chart.</summary>
/// <param name="Label">Its name in the chart.</param>
/// <param name="IsOurs">Whether it is FenceKit's.</param>
/// <param name="At">What to measure at a point of the axis: does its work so many times in a call.</param>
internal sealed record CurveSeries(string Label, bool IsOurs, Func<int, Action<int>> At)
{
    /// <summary>Beyond this it is not measured.</summary>
    internal int Maximum { get; init; } = int.MaxValue;
}
