// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Extensions.Tests;

/// <summary>A subscriber whose callback takes its time.</summary>
internal static class SlowSubscriber
{
    internal static StubSubscriber Taking(ManualTimeProvider clock, TimeSpan time) => new()
    {
        Then = _ =>
        {
            using LockSectionScope allocates = ContractReports.AskedFor("the clock of a test allocates when it is moved");
            clock.Advance(time);
        },
    };
}
