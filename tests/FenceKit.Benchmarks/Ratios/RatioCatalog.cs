// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>All rows, one line for each file of them. Made when they are asked for: some need a hundred thousand subscribers.</summary>
internal static class RatioCatalog
{
    private static readonly (string Prefix, Func<IEnumerable<RatioRow>> Rows)[] s_groups =
    [
        ("fence.", FenceRows.All),
        ("fence.", AwaitRows.All),
        ("fence.", WaiterRows.All),
        ("await.", PeerRows.Awaits),
        ("pool.", PoolRows.All),
        ("notifier.", NotifierRows.All),
        ("notifier.", GrowthRows.OfNotifiers),
        ("gate.", GateRows.All),
        ("gate.", PeerRows.Gates),
        ("gate.", GrowthRows.OfGates),
        ("lockdep.", LockdepRows.All),
        ("lockdep.tool.", RewrittenRows.All),
        ("reservation.", ReservationRows.All),
        ("ww.", WoundWaitRows.All),
        ("device.", DeviceRows.All),
    ];

    /// <summary>The rows whose names begin with <paramref name="prefix"/>, in the order of the table.</summary>
    internal static IEnumerable<RatioRow> Rows(string prefix) =>
        s_groups
            .Where(group => group.Prefix.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(group.Prefix, StringComparison.Ordinal))
            .SelectMany(group => group.Rows())
            .Where(row => row.Name.StartsWith(prefix, StringComparison.Ordinal));
}
