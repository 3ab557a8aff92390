using Real = System.Threading.Tasks.TaskCompletionSource;

namespace FenceKit.Exploration;

/// <summary>
/// Stands in for <see cref="Real"/>. Continuations that must run asynchronously would go to a real pool thread; here the scenario's own
/// pool thread completes the task, and they run on it.
/// </summary>
internal sealed class TaskCompletionSourceTwin
{
    private readonly Real _real;
    private readonly bool _isAsynchronous;
    private bool _isClaimed;

    public TaskCompletionSourceTwin()
        : this(TaskCreationOptions.None)
    {
    }

    public TaskCompletionSourceTwin(TaskCreationOptions options)
    {
        _isAsynchronous = options.HasFlag(TaskCreationOptions.RunContinuationsAsynchronously);
        _real = new Real(options & ~TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public Task Task => _real.Task;

    public bool TrySetResult() => TryComplete(() => _real.TrySetResult());

    public bool TrySetException(Exception exception) => TryComplete(() => _real.TrySetException(exception));

    private bool TryComplete(Action complete)
    {
        LogicalThread? thread = LogicalThread.Current;
        thread?.Step();
        if (_isClaimed)
        {
            return false;
        }

        _isClaimed = true;
        if (thread is null)
        {
            complete();
        }
        else if (_isAsynchronous)
        {
            ThreadPoolTwin.UnsafeQueueUserWorkItem(static work => work(), complete, preferLocal: false);
        }
        else
        {
            thread.DrainStores();
            complete();
            thread.Changed();
        }

        return true;
    }
}
