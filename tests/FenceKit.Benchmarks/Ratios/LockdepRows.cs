// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>The lock validator.</summary>
internal static class LockdepRows
{
    internal static IEnumerable<RatioRow> All() => [];
}
