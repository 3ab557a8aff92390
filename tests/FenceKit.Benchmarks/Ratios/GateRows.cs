// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Readers on the CPU.</summary>
internal static class GateRows
{
    internal static IEnumerable<RatioRow> All() => [];
}
