// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tests.Oracle;

internal static class OracleSeed
{
    /// <summary>FENCEKIT_SEED, to replay what a run printed; otherwise another one each time.</summary>
    internal static int Choose() => ChooseOr(Random.Shared.Next());

    /// <summary>FENCEKIT_SEED, or the one that is usual.</summary>
    internal static int ChooseOr(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_SEED"), CultureInfo.InvariantCulture, out int given) ? given : usual;
}
