// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>A clock that stands.</summary>
internal sealed class Day(string time) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
}
