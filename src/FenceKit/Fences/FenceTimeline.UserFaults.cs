// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// Exceptions of user code that FenceKit calls. They are counted and reported by an event, and never thrown on the calling thread, which may
// be a signaler, a timer, the thread pool or the finalizer.
public partial class FenceTimeline
{
    private static long s_callbackFaults;

    /// <summary>
    /// Raised when user code throws that FenceKit calls: a callback, a continuation, a driver's hook, a clock, or a registration of a token.
    /// Raised on the thread that called it, under no lock. Exceptions of handlers are caught.
    /// </summary>
    public static event EventHandler<FenceCallbackFaultedEventArgs>? CallbackFaulted;

    /// <summary>The number of such exceptions since the process started, with or without handlers.</summary>
    public static long CallbackFaults => Volatile.Read(ref s_callbackFaults);

    internal static void ReportCallbackFault(FenceCallback callback, FenceTimeline timeline, ulong point, Exception exception)
    {
        Interlocked.Increment(ref s_callbackFaults);
        FenceKitEventSource.Log.CallbackFaulted(timeline.Name, point, exception);
        Raise(timeline, new FenceCallbackFaultedEventArgs(callback, "a callback", timeline.Name, point, exception));
    }

    /// <summary>Counts and reports an exception of user code other than a callback.</summary>
    /// <param name="origin">A description of the code, for example "the clock of a timed wait".</param>
    /// <param name="exception">The exception.</param>
    /// <param name="timeline">The timeline that the code was called for; null for none.</param>
    /// <param name="point">The point that the code was called for; 0 for none.</param>
    internal static void ReportUserFault(string origin, Exception exception, FenceTimeline? timeline = null, ulong point = 0)
    {
        Interlocked.Increment(ref s_callbackFaults);
        string name = timeline?.Name ?? "";
        FenceKitEventSource.Log.UserCodeFaulted(origin, name, exception);
        Raise(timeline, new FenceCallbackFaultedEventArgs(callback: null, origin, name, point, exception));
    }

    private static void Raise(FenceTimeline? timeline, FenceCallbackFaultedEventArgs arguments)
    {
        foreach (EventHandler<FenceCallbackFaultedEventArgs> handler in Delegate.EnumerateInvocationList(CallbackFaulted))
        {
            try
            {
                handler(timeline, arguments);
            }
            catch (Exception exception)
            {
                // An exception of a handler must not keep other handlers and callbacks from running. The fault itself is counted already.
                FenceKitEventSource.Log.UserCodeFaulted("a handler of CallbackFaulted", arguments.TimelineName, exception);
            }
        }
    }
}
