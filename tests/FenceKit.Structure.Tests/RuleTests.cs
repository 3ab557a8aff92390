namespace FenceKit.Structure.Tests;

/// <summary>The rules themselves, on small inputs: each must be able to fail.</summary>
public class RuleTests
{
    [Theory]
    [InlineData("FenceKit/Invalidation", "FenceKit/Fences/Waiters", null)]
    [InlineData("FenceKit/Fences/Waiters", "FenceKit/Fences", null)]
    [InlineData("FenceKit/Fences", "FenceKit/Invalidation", "upward")]
    [InlineData("FenceKit/Diagnostics", "FenceKit/Fences/Sets", "upward")]
    [InlineData("FenceKit/Interop", "FenceKit/Reservations", "sideways")]
    [InlineData("FenceKit.Lockdep/Graph", "FenceKit.Lockdep/Model", null)]
    public void A_room_knows_only_what_is_below_it(string from, string to, string? objection) => Assert.Equal(objection, Rooms.Objection(from, to));

    [Fact]
    public void A_room_without_a_floor_is_told() => Assert.Contains("stands on no floor", Rooms.Objection("FenceKit/Attic", "FenceKit/Fences"), StringComparison.Ordinal);

    [Fact]
    public void A_circle_is_found_whole_and_what_hangs_on_it_is_left_out() =>
        Assert.Equal(["a", "b", "c"], Assert.Single(Circles.In([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("x", "a")])));

    [Fact]
    public void What_has_no_circle_has_none() => Assert.Empty(Circles.In([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]));

    [Fact]
    public void A_part_of_a_room_does_not_stand_beside_it()
    {
        Assert.False(Rooms.AreBeside("FenceKit/Fences", "FenceKit/Fences/Sets"));
        Assert.False(Rooms.AreBeside("FenceKit/Fences/Sets", "FenceKit/Fences"));
        Assert.True(Rooms.AreBeside("FenceKit/Fences/Sets", "FenceKit/Fences/Waiters"));
        Assert.True(Rooms.AreBeside("FenceKit/Fences", "FenceKit/FencesOfOthers"));
    }
}
