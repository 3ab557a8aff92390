// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Tells of a user's code that threw where FenceKit called it: a callback, a continuation, a hook, a clock.</summary>
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

    /// <summary>The callback that threw; null for code that is none.</summary>
    public FenceCallback? Callback { get; }

    /// <summary>Which code threw, for people: "a callback", "a registration of AsCancellationToken".</summary>
    public string Origin { get; }

    /// <summary>The timeline that was being signaled, or on whose account the code was called; empty for none in particular.</summary>
    public string TimelineName { get; }

    /// <summary>The point that was waited for; 0 for none in particular.</summary>
    public ulong Point { get; }

    /// <summary>What was thrown.</summary>
    public Exception Exception { get; }
}
