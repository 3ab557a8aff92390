// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// Stands in for a context with one thread while an asynchronous method begins that is then blocked for: an <c>await</c> captures it, and tells when it wants to go
/// on there. Everything is done by the context itself.
/// </summary>
internal sealed class WatchedContext : SynchronizationContext
{
    private readonly SynchronizationContext? _context; // null: the scheduler is what runs one thing at a time
    private readonly TaskScheduler _scheduler;
    private readonly Action _onWanted;

    private WatchedContext(ExclusiveContext watched, SynchronizationContext? context, Action onWanted)
    {
        Watched = watched;
        _context = context;
        _scheduler = TaskScheduler.Current;
        _onWanted = onWanted;
    }

    public ExclusiveContext Watched { get; }

    /// <summary>Calls an asynchronous method as it would be called without.</summary>
    /// <param name="work">The method.</param>
    /// <param name="watched">What an await here would want to go on in, or null if there is nothing to watch.</param>
    /// <param name="onWanted">Called on any thread, each time that something wants to go on there.</param>
    public static Task Begin(Func<Task> work, ExclusiveContext? watched, Action onWanted)
    {
        SynchronizationContext? before = Current;
        if (watched is null || before is WatchedContext)
        {
            return work();
        }

        SetSynchronizationContext(new WatchedContext(watched, before, onWanted));
        try
        {
            return work();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        _onWanted();
        if (_context is not null)
        {
            _context.Post(d, state);
        }
        else
        {
            _ = Task.Factory.StartNew(() => d(state), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler);
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        _onWanted();
        if (_context is not null)
        {
            _context.Send(d, state);
        }
        else
        {
            Task.Factory.StartNew(() => d(state), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).GetAwaiter().GetResult();
        }
    }

    public override void OperationStarted() => _context?.OperationStarted();

    public override void OperationCompleted() => _context?.OperationCompleted();

    public override SynchronizationContext CreateCopy() => this;
}
