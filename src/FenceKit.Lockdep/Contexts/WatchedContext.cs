// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// Replaces a single-threaded synchronization context while an asynchronous method is started whose task the caller then blocks for: an
/// <c>await</c> captures this object, which reports when a continuation is posted to it. It passes everything on to the original context.
/// </summary>
internal sealed class WatchedContext : SynchronizationContext
{
    private readonly SynchronizationContext? _context; // null: the scheduler runs one thing at a time
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

    /// <summary>Starts an asynchronous method; without a context to watch, it is simply called.</summary>
    /// <param name="work">The method.</param>
    /// <param name="watched">The context in which an await here would continue, or null if there is nothing to watch.</param>
    /// <param name="onWanted">Called on any thread, each time a continuation is posted to the watched context.</param>
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
