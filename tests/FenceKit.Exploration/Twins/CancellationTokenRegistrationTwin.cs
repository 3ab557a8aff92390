using Real = System.Threading.CancellationTokenRegistration;

namespace FenceKit.Exploration;

/// <summary>
/// Stands in for <see cref="Real"/>, whose Dispose spins until a callback that is under way on another thread has returned. That thread may
/// be a logical one that is not allowed to run just now, so here it is an obstacle: until whoever cancels has come to the end.
/// </summary>
public readonly struct CancellationTokenRegistrationTwin(Real real) : IDisposable
{
    public static implicit operator CancellationTokenRegistrationTwin(Real real) => new(real);

    public CancellationToken Token => real.Token;

    public bool Unregister() => real.Unregister();

    public void Dispose()
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            real.Dispose();
        }
        else if (!real.Unregister() && real.Token.IsCancellationRequested)
        {
            thread.StepPast(new ConditionObstacle(
                () => thread.Run.Threads.All(other => other == thread || !other.IsCanceling), "the canceler is through with its callbacks"));
        }
    }
}
