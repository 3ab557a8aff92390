namespace FenceKit.Structure.Tests;

/// <summary>The house holds: each room knows only rooms below it, and no circle runs between rooms.</summary>
public class RoomTests
{
    private const int LargestCircle = 8;

    private const int MostPublicTypes = 125;

    private const int MostLinesOfAFile = 400;

    [Fact]
    public void Every_reference_between_rooms_points_to_a_lower_floor() =>
        KnownExceptions.AssertExactly("upward", Sources.All.References
            .Where(reference => Rooms.Objection(reference.FromRoom, reference.ToRoom) is not null)
            .Select(reference => reference.ToString()));

    [Fact]
    public void No_circle_runs_between_rooms_that_stand_beside_each_other()
    {
        SourceReference[] beside = [.. Sources.All.References.Where(reference => Rooms.AreBeside(reference.FromRoom, reference.ToRoom))];
        List<string[]> circles = Circles.In(beside.Select(reference => (reference.FromRoom, reference.ToRoom)));
        KnownExceptions.AssertExactly("circle", beside
            .Where(reference => circles.Exists(circle => circle.Contains(reference.FromRoom) && circle.Contains(reference.ToRoom)))
            .Select(reference => reference.ToString()));
    }

    [Fact]
    public void The_vocabulary_of_the_validator_knows_nothing_above_it() =>
        KnownExceptions.AssertExactly("model", Sources.All.References
            .Where(reference => reference.FromRoom == "FenceKit.Lockdep/Model" && reference.ToRoom != reference.FromRoom)
            .Select(reference => reference.ToString()));

    // Four files, because one would be too long: the type is one.
    [Fact]
    public void One_type_of_FenceKit_names_the_types_of_the_validator() =>
        KnownExceptions.AssertExactly("validator", Sources.All.References
            .Where(reference => reference.FromRoom.StartsWith("FenceKit/", StringComparison.Ordinal) && reference.ToRoom.StartsWith("FenceKit.Lockdep", StringComparison.Ordinal))
            .Where(reference => reference is not { FromRoom: "FenceKit/Diagnostics", FromType: "FenceAnnotations" })
            .Select(reference => reference.ToString()));

    [Fact]
    public void Circles_of_types_inside_a_room_stay_small() =>
        KnownExceptions.AssertExactly("types", Circles.In(Sources.All.References
                .Where(reference => reference.FromType != reference.ToType && Sources.All.RoomOf(reference.FromType) == Sources.All.RoomOf(reference.ToType))
                .Select(reference => (reference.FromType, reference.ToType)))
            .Where(circle => circle.Length > LargestCircle)
            .Select(circle => $"{Sources.All.RoomOf(circle[0])} {circle.Length}: {string.Join(", ", circle)}"));

    [Fact]
    public void No_file_is_longer_than_a_reader_can_hold_in_the_head() =>
        Assert.DoesNotContain(
            ((string[])
            [
                "FenceKit.Lockdep", "FenceKit", "FenceKit.Conformance", "FenceKit.Extensions", "FenceKit.Testing", "FenceKit.Testing.Xunit", "FenceKit.Testing.Xunit3",
                "FenceKit.Analyzers", "FenceKit.Analyzers.CodeFixes", "FenceKit.Remote", "FenceKit.Remote.Redis", "FenceKit.Remote.Nats", "FenceKit.Remote.Caching",
                "FenceKit.Lockdep.Tool", "FenceKit.Lockdep.Tool.Runtime",
            ]).SelectMany(Sources.FilesBelow),
            file => File.ReadLines(Path.Combine(Sources.Root, "src", file)).Count() > MostLinesOfAFile);

    // Those of FenceKit and the validator, inside other types too: what a driver's author tests with, what spans processes, and tools stand apart.
    [Fact]
    public void The_notions_that_a_user_must_learn_do_not_grow() =>
        Assert.InRange(Sources.All.Types.Where(static type => type.ContainingAssembly.Name is "FenceKit" or "FenceKit.Lockdep").Sum(CountPublic), 1, MostPublicTypes);

    private static int CountPublic(Microsoft.CodeAnalysis.INamedTypeSymbol type) =>
        type.DeclaredAccessibility != Microsoft.CodeAnalysis.Accessibility.Public ? 0 : 1 + type.GetTypeMembers().Sum(CountPublic);
}
