namespace FenceKit.Structure.Tests;

/// <summary>One file names a type, or a member of one, that another file declares.</summary>
/// <param name="File">The file that names it, below <c>src</c>.</param>
/// <param name="FromType">The outermost type in which the name stands.</param>
/// <param name="TargetFile">The file that declares what is named; for a type in several files, the one that bears its name.</param>
/// <param name="ToType">The outermost type that is named, or whose member is.</param>
internal sealed record SourceReference(string File, string FromType, string TargetFile, string ToType)
{
    internal string FromRoom => Rooms.Of(File);

    internal string ToRoom => Rooms.Of(TargetFile);

    public override string ToString() => $"{File} -> {ToRoom}:{ToType}";
}
