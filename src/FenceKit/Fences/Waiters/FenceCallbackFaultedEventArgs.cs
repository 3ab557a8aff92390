// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The data of <see cref="FenceTimeline.CallbackFaulted"/>: an exception of user code that FenceKit has called, such as a callback, a
/// continuation, a hook or a clock.
/// </summary>
[DebuggerDisplay("{Origin,nq} of {TimelineName,nq}:{Point} {Exception}")]
public sealed class FenceCallbackFaultedEventArgs : EventArgs
{
    internal FenceCallbackFaultedEventArgs(FenceCallback? callback, string origin, string timelineName, ulong point, Exception exception)
    {
        Callback = callback;
        Origin = origin;
        TimelineName = timelineName;
        Point = point;
        Exception = exception;
    }

    /// <summary>The callback that threw; null for other code.</summary>
    public FenceCallback? Callback { get; }

    /// <summary>A description of the code that threw, for example "a callback" or "a registration of AsCancellationToken".</summary>
    public string Origin { get; }

    /// <summary>The name of the timeline that the code was called for; empty if there is none.</summary>
    public string TimelineName { get; }

    /// <summary>The point that the code was called for; 0 if there is none.</summary>
    public ulong Point { get; }

    /// <summary>The exception.</summary>
    public Exception Exception { get; }
}
