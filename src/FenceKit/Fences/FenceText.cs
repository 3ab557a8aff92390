// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit;

/// <summary>Helpers for texts of debuggers and reports.</summary>
internal static class FenceText
{
    internal static string Of(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? "without a limit" : $"at most {timeout.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)} ms";
}
