// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// What users' code throws where FenceKit calls it: counted, told as an event, and never thrown at the thread that happened to call it, which
// may be a signaler, a timer, the thread pool or the finalizer.
public partial class FenceTimeline
{
    private static long s_callbackFaults;

    /// <summary>
    /// Raised when a user's code throws that FenceKit calls on its own account: a callback, a continuation, a driver's hook, a clock, a
    /// registration of a token. On the thread that called it, under no lock. What a handler throws is swallowed.
    /// </summary>
    public static event EventHandler<FenceCallbackFaultedEventArgs>? CallbackFaulted;

    /// <summary>How often a user's code has thrown since the process started, whether or not anybody listened.</summary>
    public static long CallbackFaults => Volatile.Read(ref s_callbackFaults);

    internal static void ReportCallbackFault(FenceCallback callback, FenceTimeline timeline, ulong point, Exception exception)
    {
        Interlocked.Increment(ref s_callbackFaults);
        FenceKitEventSource.Log.CallbackFaulted(timeline.Name, point, exception);
        Raise(timeline, new FenceCallbackFaultedEventArgs(callback, "a callback", timeline.Name, point, exception));
    }

    /// <summary>Counts and tells what code of a user's threw that is no callback.</summary>
    /// <param name="origin">Which code, for people: "the clock of a timed wait".</param>
    /// <param name="exception">What it threw.</param>
    /// <param name="timeline">On whose account it was called; null for none in particular.</param>
    /// <param name="point">The point in question; 0 for none.</param>
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
                // A handler must stop neither the other handlers nor the other callbacks; the counter already has the first fault.
                FenceKitEventSource.Log.UserCodeFaulted("a handler of CallbackFaulted", arguments.TimelineName, exception);
            }
        }
    }
}
