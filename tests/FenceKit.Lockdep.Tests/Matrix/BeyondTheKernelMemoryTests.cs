// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>The row of <see cref="BeyondTheKernelTests"/> that looks at the memory of the process.</summary>
[Collection(Alone.Name)]
public sealed class BeyondTheKernelMemoryTests
{
    [Fact]
    public void A_million_locks_of_one_class_that_come_and_go_grow_nothing()
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink] });
        LockClass lockClass = LockClass.Create("message");
        TrackedLock outer = new(LockClass.Create("outer"), validator: validator);
        long after = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            using (outer.EnterScope())
            {
                LockMap message = new(lockClass);
                validator.Acquire(message);
                validator.Release(message);
            }

            after = i == 100_000 ? GC.GetTotalMemory(forceFullCollection: true) : after;
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - after, long.MinValue, 1_000_000);
        Assert.Empty(sink.Violations);
    }
}
