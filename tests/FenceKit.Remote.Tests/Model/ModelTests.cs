// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace FenceKit.Remote.Tests.Model;

/// <summary>
/// The protocol, not its code, over all orders of messages, losses, repetitions and crashes within bounds. Beside it the same with one rule left out, where a stale read
/// must be found.
/// </summary>
public class ModelTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, false, 0, 3, 2)]
    [InlineData(1, true, 0, 3, 2)]
    [InlineData(2, false, 0, 3, 2)]
    [InlineData(2, true, 0, 3, 2)]
    [InlineData(1, true, 1, 4, 3)]
    public void No_read_is_stale_in_any_state(int sessions, bool crashes, int apart, int ticks, int lease) =>
        Verify(new ModelBounds(sessions, crashes, apart, ticks, lease), long.MaxValue);

    /// <summary>FENCEKIT_MODEL=2,true,0,3,2,3: the fields of the bounds, and perhaps after how many states to stop. Minutes, and gigabytes.</summary>
    [Fact]
    public void No_read_is_stale_within_bounds_that_were_asked_for()
    {
        if (Environment.GetEnvironmentVariable("FENCEKIT_MODEL") is { Length: > 0 } asked)
        {
            string[] parts = asked.Split(',');
            int[] numbers = [.. parts.Where((_, index) => index != 1).Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
            Verify(
                new ModelBounds(numbers[0], bool.Parse(parts[1]), numbers[1], numbers[2], numbers[3], numbers[4]), numbers.Length > 5 ? numbers[5] : long.MaxValue);
        }
    }

    [Theory]
    [InlineData(ModelMutation.LeaseFromReceipt)]
    [InlineData(ModelMutation.GrantWithoutWhatIsOpen)]
    [InlineData(ModelMutation.AnyAcknowledgement)]
    [InlineData(ModelMutation.BuiltWithoutLease)]
    [InlineData(ModelMutation.PublishedUnseen)]
    [InlineData(ModelMutation.OpenAfterAcknowledgement)]
    [InlineData(ModelMutation.NoGrace)]
    [InlineData(ModelMutation.NoMargin)]
    [InlineData(ModelMutation.NoLookAtTheClock)]
    public void Without_a_rule_there_is_a_stale_read(ModelMutation mutation)
    {
        ModelBounds bounds = mutation switch
        {
            ModelMutation.NoGrace => new(1, true, 0, 3, 2),
            ModelMutation.AnyAcknowledgement => new(2, false, 0, 3, 2),
            ModelMutation.NoMargin => new(1, false, 1, 4, 3),
            _ => new(1, false, 0, 3, 2),
        };
        ModelResult result = ModelExplorer.Explore(bounds, mutation, most: 3_000_000);
        Assert.True(result.Stale is not null, $"none in {result.States:n0} states");
        output.WriteLine($"{result.States:n0} states; {string.Join(", ", result.Stale)}");
    }

    /// <summary>What counts as the same state is one: told apart, there are many more of them, and no stale read is among them either.</summary>
    [Fact]
    public void What_can_have_no_effect_any_more_hides_nothing()
    {
        ModelBounds bounds = new(1, false, 0, 3, 2);
        ModelResult told = ModelExplorer.Explore(bounds with { KeepsAll = true }), one = ModelExplorer.Explore(bounds);
        output.WriteLine($"{told.States:n0} states for {one.States:n0}");
        Assert.True(told.IsExhausted && told.Stale is null && told.States > one.States);
        Assert.NotNull(ModelExplorer.Explore(bounds with { KeepsAll = true }, ModelMutation.PublishedUnseen).Stale);
    }

    /// <summary>Belts beside braces: a node whose lease is over takes no grant any more, and a new owner's grace is longer than any lease of the last one.</summary>
    [Theory]
    [InlineData(ModelMutation.DeadIsRenewed)]
    [InlineData(ModelMutation.KeptUnderNewOwner)]
    public void Without_a_rule_that_saves_time_no_read_is_stale(ModelMutation mutation)
    {
        ModelResult result = ModelExplorer.Explore(new ModelBounds(1, true, 0, 4, 2), mutation);
        Assert.True(result.IsExhausted && result.Stale is null, $"{result.States:n0} states; {string.Join(", ", result.Stale ?? [])}");
    }

    private void Verify(ModelBounds bounds, long most)
    {
        long begun = Stopwatch.GetTimestamp();
        ModelResult result = ModelExplorer.Explore(bounds, ModelMutation.None, most);
        output.WriteLine($"{bounds}: {result.States:n0} states in {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s, all of them: {result.IsExhausted}");
        Assert.True(result.Stale is null, string.Join(", ", result.Stale ?? []));
        Assert.True(result.IsExhausted || most != long.MaxValue);
    }
}
