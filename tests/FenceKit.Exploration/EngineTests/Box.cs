namespace FenceKit.Exploration;

/// <summary>Shared words of the engine's own scenarios.</summary>
internal sealed class Box
{
    public int Value;
    public int Other;
    public int Seen;
    public int OtherSeen;
    public object? Reference;
}
