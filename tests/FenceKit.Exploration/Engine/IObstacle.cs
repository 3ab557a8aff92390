namespace FenceKit.Exploration;

/// <summary>What a logical thread stands in front of. The scheduler never picks a thread whose obstacle is not clear.</summary>
internal interface IObstacle
{
    bool IsClearFor(LogicalThread thread);

    string Describe();
}
