// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Command queues of drivers.</summary>
internal static class DeviceRows
{
    internal static IEnumerable<RatioRow> All() => [];
}
