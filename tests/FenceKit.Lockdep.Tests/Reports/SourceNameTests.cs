// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

/// <summary>Stacks begin with the user's code and use the names that it has in the source.</summary>
public sealed class SourceNameTests
{
    [Theory]
    [InlineData("Shop.Orders", "Add", "Shop.Orders.Add")]
    [InlineData("Shop.Orders", ".ctor", "Shop.Orders..ctor")]
    [InlineData("Shop.Orders+Line", "Add", "Shop.Orders.Line.Add")]
    [InlineData("Shop.Orders+<AddAsync>d__5", "MoveNext", "Shop.Orders.AddAsync")]
    [InlineData("Shop.Orders+<>c", "<Add>b__3_0", "Shop.Orders.Add (lambda)")]
    [InlineData("Shop.Orders+<>c__DisplayClass3_0", "<Add>b__1", "Shop.Orders.Add (lambda)")]
    [InlineData("Shop.Orders+<>c__DisplayClass3_0+<<Add>b__0>d", "MoveNext", "Shop.Orders.Add (lambda)")]
    [InlineData("Shop.Orders", "<Add>g__Step|3_0", "Shop.Orders.Add.Step")]
    [InlineData("Shop.Orders+<<Add>g__Step|3_0>d", "MoveNext", "Shop.Orders.Add.Step")]
    [InlineData("Program", "<Main>$", "Program.Main")]
    [InlineData("Program", "<<Main>$>g__Run|0_0", "Program.Main.Run")]
    [InlineData("Program+<<Main>$>d__0", "MoveNext", "Program.Main")]
    [InlineData("List`1+Enumerator", "MoveNext", "List`1.Enumerator.MoveNext")]
    [InlineData("<", "<", "<.<")]
    [InlineData("", "", ".")]
    public void A_method_has_the_name_that_it_has_in_the_source(string type, string method, string expected) =>
        Assert.Equal(expected, SourceName.Of(type, method));

    [Fact]
    public async Task The_stack_of_a_report_begins_with_the_users_method_and_names_no_plumbing()
    {
        var bench = new Bench(captureStacks: true);
        await TakeLaterAsync(bench);
        IReadOnlyList<string> frames = Assert.Single(bench.Reports).Stack;
        Assert.StartsWith("FenceKit.Lockdep.Tests.Reports.SourceNameTests.TakeLaterAsync", frames[0], StringComparison.Ordinal);
        Assert.All(frames, frame =>
        {
            Assert.DoesNotContain('<', frame);
            Assert.DoesNotContain("AsyncMethodBuilder", frame, StringComparison.Ordinal);
        });
    }

    private static async Task TakeLaterAsync(Bench bench)
    {
        await Task.Yield();
        bench.Validator.ReportProtocol(bench["A"], "A rule was broken.");
    }
}
