// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tests.Oracle;

internal static class OracleSeed
{
    /// <summary>FENCEKIT_SEED, to replay what a run printed; otherwise another one each time.</summary>
    internal static int Choose() =>
        int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given
            : Random.Shared.Next();
}
