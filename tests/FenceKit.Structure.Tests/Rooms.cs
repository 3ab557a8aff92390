namespace FenceKit.Structure.Tests;

/// <summary>The rooms of the house: a room is a folder of a library, and its sub-folders are sub-rooms of it.</summary>
/// <remarks>
/// The names are those of the folders, with the library in front: <c>FenceKit/Fences</c>, <c>FenceKit/Fences/Waiters</c>.
/// </remarks>
internal static class Rooms
{
    // A room may refer to rooms of a lower floor only; rooms of one floor do not know each other.
    private static readonly Dictionary<string, int> s_floors = new()
    {
        ["FenceKit.Lockdep"] = 0,
        ["FenceKit.Lockdep.Tool"] = 1,
        ["FenceKit/Primitives"] = 1,
        ["FenceKit/Diagnostics"] = 2,
        ["FenceKit/Fences"] = 3,
        ["FenceKit/Reservations"] = 4,
        ["FenceKit/Invalidation"] = 4,
        ["FenceKit/Interop"] = 4,
        ["FenceKit/Devices"] = 5,
        ["FenceKit.Conformance"] = 6,
        ["FenceKit.Remote"] = 6,
    };

    internal static string Of(string file) => Path.GetDirectoryName(file)!.Replace('\\', '/');

    /// <summary>Returns why a reference between two rooms is not allowed, or <see langword="null"/>.</summary>
    internal static string? Objection(string from, string to)
    {
        string upper = TopOf(from), lower = TopOf(to);
        // sub-rooms of one room: see the circles
        if (upper == lower)
        {
            return null;
        }
        if (!s_floors.TryGetValue(upper, out int above))
        {
            return $"the room {upper} stands on no floor (see Rooms.cs)";
        }
        if (!s_floors.TryGetValue(lower, out int below))
        {
            return $"the room {lower} stands on no floor (see Rooms.cs)";
        }
        return above > below ? null : above == below ? "sideways" : "upward";
    }

    /// <summary>Says whether two rooms are beside each other: neither is a part of the other.</summary>
    internal static bool AreBeside(string one, string other) =>
        one != other && !one.StartsWith(other + '/', StringComparison.Ordinal) && !other.StartsWith(one + '/', StringComparison.Ordinal);

    private static string TopOf(string room)
    {
        string[] parts = room.Split('/');
        return parts[0] == "FenceKit" && parts.Length > 1 ? $"{parts[0]}/{parts[1]}" : parts[0];
    }
}
