// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Validator;

/// <summary>A report names the place of this acquisition, not that of another one that looks alike.</summary>
public sealed class PlaceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Two_files_with_the_same_line_are_two_places_even_for_a_thread_that_knows_the_lock_by_heart(int depth)
    {
        var bench = new Bench();
        for (int i = 0; i < depth; i++)
        {
            bench.Validator.Acquire(bench[$"Outer{(char)('a' + i)}"]);
        }

        foreach (string file in (string[])["One.cs", "One.cs", "One.cs", "Two.cs", "Two.cs", "One.cs", "Two.cs"])
        {
            bench.Validator.Acquire(bench["A"], file, 7);
            Assert.Equal((file, 7), (bench.Validator.GetHeldLocks()[^1].Site!.File, bench.Validator.GetHeldLocks()[^1].Site!.Line));
            bench.Validator.Release(bench["A"]);
        }
    }
}
