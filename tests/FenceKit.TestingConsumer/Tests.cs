// SPDX-License-Identifier: MIT
// What a user of the packages writes to have his locks checked; told to, his code takes them in both orders.
using FenceKit.Lockdep;
using FenceKit.Testing;
using Xunit;

[assembly: FailOnLockViolation]

public class Tests
{
    private readonly TrackedLock _first = new(LockClass.Create("first"));
    private readonly TrackedLock _second = new(LockClass.Create("second"));

    [Fact]
    public void The_package_has_switched_the_validator_on() => Assert.True(LockValidator.IsEnabled);

    [Fact]
    public void Two_locks_are_taken()
    {
        Take(_first, _second);
        if (Environment.GetEnvironmentVariable("FENCEKIT_CONSUMER_INVERTS") == "1")
        {
            Take(_second, _first);
        }
    }

    private static void Take(TrackedLock outer, TrackedLock inner)
    {
        using (outer.EnterScope())
        using (inner.EnterScope())
        {
            GC.KeepAlive(inner);
        }
    }
}
