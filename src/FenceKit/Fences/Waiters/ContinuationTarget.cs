// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>Where a continuation runs: in the captured context, on the thread pool, or inline.</summary>
/// <remarks>A single reference, because awaiters contain it and are copied: null for the captured context, or a marker object.</remarks>
internal readonly struct ContinuationTarget
{
    private static readonly object s_threadPool = new();
    private static readonly object s_inline = new();

    private readonly object? _where;

    private ContinuationTarget(object? where) => _where = where;

    internal bool IsInline => ReferenceEquals(_where, s_inline);

    public static implicit operator ContinuationTarget(FenceContinuation kind) => new(kind switch
    {
        FenceContinuation.ThreadPool => s_threadPool,
        FenceContinuation.Inline => s_inline,
        _ => null,
    });

    /// <summary>Returns the SynchronizationContext or TaskScheduler to post to; false for the thread pool and for inline.</summary>
    internal bool TryGetTarget([NotNullWhen(true)] out object? target)
    {
        target = null;
        if (ReferenceEquals(_where, s_inline) || ReferenceEquals(_where, s_threadPool))
        {
            return false;
        }

        target = _where ?? CaptureContext();
        return target is not null;
    }

    private static object? CaptureContext()
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        if (context is not null && context.GetType() != typeof(SynchronizationContext))
        {
            return context;
        }

        TaskScheduler scheduler = TaskScheduler.Current;
        return scheduler == TaskScheduler.Default ? null : scheduler;
    }
}
