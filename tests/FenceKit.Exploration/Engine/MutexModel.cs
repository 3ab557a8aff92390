namespace FenceKit.Exploration;

/// <summary>A lock as the scheduler sees it, for Lock and Monitor alike. Entering it never blocks an OS thread.</summary>
internal sealed class MutexModel(string kind) : IObstacle
{
    private static long s_execution;

    private long _execution;
    private LogicalThread? _owner;

    /// <summary>Null again in the next execution, even for a lock in a static field that an aborted execution left held.</summary>
    public LogicalThread? Owner
    {
        get => _execution == s_execution ? _owner : null;
        private set => (_owner, _execution) = (value, s_execution);
    }

    public int Depth { get; private set; }

    public static void ForgetOwners() => s_execution++;

    public bool IsClearFor(LogicalThread thread) => Owner is null || Owner == thread;

    public string Describe() => $"waits for a {kind} that {Owner?.Name} holds";

    public void Enter(LogicalThread thread)
    {
        thread.StepPast(this);
        Take(thread, 1);
    }

    public bool TryEnter(LogicalThread thread)
    {
        thread.Step();
        thread.DrainStores();
        if (!IsClearFor(thread))
        {
            return false;
        }

        Take(thread, 1);
        return true;
    }

    public void Exit(LogicalThread thread)
    {
        if (thread.IsAborting)
        {
            return;
        }

        thread.Step();
        if (!IsHeldBy(thread))
        {
            throw new SynchronizationLockException($"{thread.Name} leaves a {kind} that it does not hold.");
        }

        Depth--;
        if (Depth > 0)
        {
            return;
        }

        if (thread.Run.DelaysWrite(thread))
        {
            // Leaving a lock is only a release: what the thread does next may be seen, or may look, before the lock is seen free.
            thread.MakeRoomForStore();
            thread.Stores.AddRelease(this, $"the {kind}");
        }
        else
        {
            ShowReleased();
            thread.Changed();
        }
    }

    /// <summary>The release has left the store buffer.</summary>
    public void ShowReleased() => Owner = null;

    public bool IsHeldBy(LogicalThread thread) => Owner == thread && Depth > 0;

    /// <summary>Gives the lock up whole, whatever its depth, as waiting on a monitor does.</summary>
    public int ReleaseForWait(LogicalThread thread)
    {
        int depth = Depth;
        thread.DrainStores();
        Owner = null;
        thread.Changed();
        return depth;
    }

    public void Take(LogicalThread thread, int depth)
    {
        thread.DrainStores();
        Depth = Owner == thread ? Depth + depth : depth;
        Owner = thread;
        thread.Changed();
    }
}
