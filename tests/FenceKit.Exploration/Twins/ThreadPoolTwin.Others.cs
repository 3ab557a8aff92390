using Real = System.Threading.ThreadPool;

namespace FenceKit.Exploration;

// The other ways onto the pool. Work items are queued as above; waits on handles belong to the operating system and are never explored.
internal static partial class ThreadPoolTwin
{
    public static bool QueueUserWorkItem(WaitCallback callback) => QueueUserWorkItem(callback, null);

    public static bool QueueUserWorkItem(WaitCallback callback, object? state) =>
        LogicalThread.Current is null
            ? Real.QueueUserWorkItem(callback, state)
            : UnsafeQueueUserWorkItem(callback, state);

    public static bool QueueUserWorkItem<TState>(Action<TState> callback, TState state, bool preferLocal) =>
        LogicalThread.Current is null
            ? Real.QueueUserWorkItem(callback, state, preferLocal)
            : UnsafeQueueUserWorkItem(callback, state, preferLocal);

    public static bool UnsafeQueueUserWorkItem(WaitCallback callback, object? state)
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return Real.UnsafeQueueUserWorkItem(callback, state);
        }

        Enqueue(thread, () => callback(state));
        return true;
    }

    public static RegisteredWaitHandle RegisterWaitForSingleObject(
        WaitHandle handle, WaitOrTimerCallback callback, object? state, TimeSpan timeout, bool executeOnlyOnce) =>
        Real.RegisterWaitForSingleObject(handle, callback, state, timeout, executeOnlyOnce);

    public static RegisteredWaitHandle RegisterWaitForSingleObject(
        WaitHandle handle, WaitOrTimerCallback callback, object? state, int millisecondsTimeout, bool executeOnlyOnce) =>
        Real.RegisterWaitForSingleObject(handle, callback, state, millisecondsTimeout, executeOnlyOnce);

    public static RegisteredWaitHandle UnsafeRegisterWaitForSingleObject(
        WaitHandle handle, WaitOrTimerCallback callback, object? state, TimeSpan timeout, bool executeOnlyOnce) =>
        Real.UnsafeRegisterWaitForSingleObject(handle, callback, state, timeout, executeOnlyOnce);

    public static RegisteredWaitHandle UnsafeRegisterWaitForSingleObject(
        WaitHandle handle, WaitOrTimerCallback callback, object? state, int millisecondsTimeout, bool executeOnlyOnce) =>
        Real.UnsafeRegisterWaitForSingleObject(handle, callback, state, millisecondsTimeout, executeOnlyOnce);
}
