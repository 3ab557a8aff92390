// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Tells of a callback or continuation that threw while a fence was being signaled.</summary>
[DebuggerDisplay("{TimelineName,nq}:{Point} {Exception}")]
public sealed class FenceCallbackFaultedEventArgs : EventArgs
{
    internal FenceCallbackFaultedEventArgs(FenceCallback callback, string timelineName, ulong point, Exception exception)
    {
        Callback = callback;
        TimelineName = timelineName;
        Point = point;
        Exception = exception;
    }

    /// <summary>The callback that threw.</summary>
    public FenceCallback Callback { get; }

    /// <summary>The timeline that was being signaled.</summary>
    public string TimelineName { get; }

    /// <summary>The point that the callback waited for.</summary>
    public ulong Point { get; }

    /// <summary>What the callback threw.</summary>
    public Exception Exception { get; }
}
