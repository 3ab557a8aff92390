namespace FenceKit.Exploration;

/// <summary>What a timeline means, without any of its difficulties: the model of linearizability checks.</summary>
internal sealed class NaiveTimeline
{
    private readonly FenceStatus[] _outcomes = new FenceStatus[8];
    private ulong _completed;

    public bool Signal(ulong point) => Complete(point, FenceStatus.Signaled);

    public bool Fault(ulong point) => Complete(point, FenceStatus.Faulted);

    public FenceStatus Status(ulong point) => _outcomes[point];

    private bool Complete(ulong point, FenceStatus outcome)
    {
        if (point <= _completed)
        {
            return false;
        }

        Array.Fill(_outcomes, outcome, (int)_completed + 1, (int)(point - _completed));
        _completed = point;
        return true;
    }
}
