namespace FenceKit.Exploration;

/// <summary>A subscriber that can never let go without blocking.</summary>
internal sealed class Refuser : IInvalidationSubscriber
{
    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        return false;
    }
}
