using Real = System.Threading.ThreadPool;

namespace FenceKit.Exploration;

/// <summary>Stands in for <see cref="Real"/>: work goes to the scenario's pool thread, one item after the other, never to a real pool thread.</summary>
internal static partial class ThreadPoolTwin
{
    public static bool UnsafeQueueUserWorkItem(IThreadPoolWorkItem item, bool preferLocal)
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return Real.UnsafeQueueUserWorkItem(item, preferLocal);
        }

        Enqueue(thread, item.Execute);
        return true;
    }

    public static bool UnsafeQueueUserWorkItem<TState>(Action<TState> callback, TState state, bool preferLocal)
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return Real.UnsafeQueueUserWorkItem(callback, state, preferLocal);
        }

        Enqueue(thread, () => callback(state));
        return true;
    }

    public static void RunUntilOthersFinish()
    {
        LogicalThread self = LogicalThread.Current!;
        Queue<Action> work = self.Run.PooledWork;
        var obstacle = new ConditionObstacle(
            () => work.Count > 0 || self.Run.Threads.All(thread => thread == self || thread.IsFinished), "work is queued to the thread pool");
        while (true)
        {
            self.StepPast(obstacle);
            if (!work.TryDequeue(out Action? next))
            {
                return;
            }

            next();
        }
    }

    private static void Enqueue(LogicalThread thread, Action work)
    {
        thread.Step();
        thread.DrainStores();
        thread.Run.PooledWork.Enqueue(work);
        thread.Changed();
    }
}
